create table orders (id int primary key, what text not null);
insert into orders values (1, 'a teapot');
create table ticks (id serial primary key);
\! echo up migrate >> order

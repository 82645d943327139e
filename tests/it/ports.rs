//! Listening ports: shown while a service listens, and called free only once nobody does.

mod expected;

use std::net::TcpListener;

use crate::support::listener::{listen_if_asked, service};
use crate::support::processes::{assert_no_service_lives, wait_until_nothing_lives};
use crate::support::project::Project;
use crate::support::terminal::Screen;

/// Is a service of the tests below when it is started as one, and nothing otherwise.
#[test]
fn a_program_that_listens() {
    listen_if_asked();
}

#[test]
fn a_port_is_shown_while_a_service_listens_and_named_when_a_kill_and_the_quit_have_freed_it() {
    let project = Project::new(&format!("[processes]\n{}{}", service("web", "web.port"), service("api", "api.port")));
    let mut screen = Screen::spawn(&project, &["up"], 120, 30);
    let (web, api) = (project.wait_for_number("web.port"), project.wait_for_number("api.port"));
    screen.wait_for(&format!(" · :{web} · "));
    screen.keys("X").wait_for(&format!("0 left · port {web} freed"));
    screen.keys("j").wait_for(&format!(" · :{api} · "));
    screen.keys("Q").wait_for(&format!("1 stopped · 0 survivors · port {api} free"));
    assert_eq!(screen.exit_code(), 0);
    assert_no_service_lives(project.token());
}

#[test]
fn a_port_that_somebody_else_still_listens_on_is_not_called_free() {
    // the test listens on the other family, so both may have the port
    let Ok(held) = TcpListener::bind(("::1", 0)) else {
        return eprintln!("skipped: there is no IPv6 here");
    };
    let port = held.local_addr().unwrap().port();
    let project = Project::new(&format!("[processes]\n{}", service("web", "web.port")));
    project.write("wanted", port.to_string().as_bytes());
    let mut screen = Screen::spawn(&project, &["up"], 120, 30);
    assert_eq!(project.wait_for_number("web.port"), u32::from(port));
    screen.wait_for(&format!(" · :{port} · "));
    screen.keys("Q").wait_for("1 stopped · 0 survivors");
    assert_eq!(screen.exit_code(), 0);
    assert!(!screen.contents().contains("free"), "{}", screen.contents());
    wait_until_nothing_lives(project.token());
}

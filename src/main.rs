//! procdash
fn main() {}

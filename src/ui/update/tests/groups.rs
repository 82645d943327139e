//! Keys and commands about several services: those that depend on one, and those of a group.

use std::sync::Arc;

use crossterm::event::KeyCode;

use super::{ask, ids, press, shop, type_keys};
use crate::config::{Condition, Dependency};
use crate::supervisor::Command;
use crate::ui::fixture::id;
use crate::ui::msg::Effect;
use crate::ui::widgets::restart_menu;

#[test]
fn a_restart_with_dependents_is_offered_where_some_are_up_and_names_them() {
    let mut model = shop();
    let needs = |service: u32| [Dependency { service: id(service), condition: Condition::Ready }].into();
    // web needs api, which needs migrate, which needs db; worker, which is down, needs db, too
    for (of, on) in [(3, 2), (2, 1), (1, 0), (4, 0)] {
        model.board.services[of].needs = needs(on);
    }
    type_keys(&mut model, "R");
    let menu = restart_menu::choices(&model);
    assert_eq!((menu[1].word.as_str(), menu[1].services.as_slice()), ("with 2 dependents", &ids(&[0, 2, 3])[..]));
    assert_eq!(press(&mut model, &[KeyCode::Char('d')]), ask(Command::RestartWithDependents(ids(&[0]))));
}

#[test]
fn a_group_is_marked_by_its_name_and_listed_by_a_part_of_it() {
    let mut model = shop();
    for place in [1, 4] {
        model.board.services[place].groups = [Arc::from("backend")].into();
    }
    type_keys(&mut model, ":mark backend");
    press(&mut model, &[KeyCode::Enter]);
    assert_eq!(model.marked.iter().copied().collect::<Vec<_>>(), ids(&[1, 4]));
    type_keys(&mut model, "/backe");
    assert_eq!(model.listed(), ids(&[1, 4]));
}

#[test]
fn the_address_of_a_service_is_opened_and_where_there_is_none_that_is_said() {
    let mut model = shop();
    model.board.services[2].address = Some("http://127.0.0.1:3000".into());
    let opened = type_keys(&mut model, "3O");
    assert_eq!(opened, [Effect::Browse("http://127.0.0.1:3000".to_owned())]);
    assert_eq!(type_keys(&mut model, "7O"), []);
    let said = model.notice.as_ref().map(|notice| notice.text.as_str());
    assert_eq!(said, Some("docs does not run; its address is known while it does"));
}

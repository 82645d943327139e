//! Who waits for whom, as it is shown: the reasons down to the root, and the whole plan.

use std::sync::Arc;

use crate::config::{Condition, Dependency};
use crate::keys::Action;
use crate::supervisor::{Command, Obstacle, State};
use crate::ui::fixture::{assert_picture, board, cells, ended, id, log, model, moment, stopped};
use crate::ui::model::{Model, Panel};
use crate::ui::msg::{Effect, Msg};
use crate::ui::update::update;

/// db runs, migrate has crashed, api waits for it, web and worker for api; docs and storybook are alone.
fn chain(width: u16, height: u16) -> Model {
    let moment = moment();
    let mut board = board(moment);
    board.services[1] = ended("migrate", State::Crashed, crate::process::Exit::Code(4));
    for (place, through) in [(2, vec![]), (3, vec!["api"]), (4, vec!["api"])] {
        let name = board.services[place].name.to_string();
        board.services[place] = stopped(&name);
        board.services[place].state = State::Blocked;
        let obstacle = Obstacle {
            name: "migrate".into(),
            condition: Condition::Completed,
            is_conflict: false,
            state: State::Crashed,
            end: Some("exited with code 4".into()),
            through: through.into_iter().map(Arc::from).collect(),
            needs_a_person: true,
        };
        board.services[place].blocked_on = [obstacle].into();
    }
    let need = |service, condition| Dependency { service: id(service), condition };
    board.services[1].needs = [need(0, Condition::Ready)].into();
    board.services[2].needs = [need(0, Condition::Ready), need(1, Condition::Completed)].into();
    board.services[3].needs = [need(2, Condition::Ready)].into();
    board.services[4].needs = [need(2, Condition::Started), need(0, Condition::Ready)].into();
    model(board, width, height)
}

fn shown(model: &mut Model, actions: &[Action]) -> Vec<Effect> {
    actions.iter().flat_map(|action| update(model, Msg::Act(*action), moment())).collect()
}

#[test]
fn why_leads_down_to_the_root_with_the_key_that_acts_on_it() {
    for (width, height) in [(80, 24), (120, 35)] {
        let mut model = chain(width, height);
        shown(&mut model, &[Action::Select5, Action::Why]);
        let picture = cells(&mut model, &log(40), moment());
        assert_picture(&format!("why_blocked_{width}x{height}"), &picture);
        assert_eq!(shown(&mut model, &[Action::Start]), [Effect::Ask(Command::Start(vec![id(4)]))]);
    }
}

#[test]
fn the_plan_shows_every_service_with_its_state_and_its_keys_act_on_the_chosen_one() {
    let mut model = chain(80, 24);
    shown(&mut model, &[Action::Select4, Action::Graph]);
    assert_picture("graph_80x24", &cells(&mut model, &log(40), moment()));
    // web is chosen; below it stands api, below that db
    assert_eq!(shown(&mut model, &[Action::Down, Action::Restart]), [Effect::Ask(Command::Restart(vec![id(2)]))]);
    shown(&mut model, &[Action::Down, Action::Open]);
    assert_eq!((model.selected, model.panels.is_empty()), (id(0), true));
    shown(&mut model, &[Action::Graph, Action::Top, Action::Why]);
    assert!(matches!(model.panels.last(), Some(Panel::Why { .. })));
    shown(&mut model, &[Action::Why]);
    assert!(matches!(model.panels.last(), Some(Panel::Graph { chosen: 0, .. })));
}

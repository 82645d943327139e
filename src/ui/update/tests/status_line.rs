//! What is said on the status line, and how long.

use super::*;

#[test]
fn what_happened_is_said_once_and_in_words() {
    let moment = moment();
    let said = |event: Event| {
        let mut model = shop();
        update(&mut model, Msg::Happened(event), moment);
        model.notice.map(|notice| notice.text)
    };
    let changed = |place: u32, to: State| said(Event::Changed { service: id(place), from: State::Running, to });
    let hup = |delivered, refused| {
        let (service, signal, target) = (id(2), Signal::SIGHUP, Target::Group);
        said(Event::Signalled { service, signal, target, delivered, refused })
    };
    let refused = |reason: &str| said(Event::Refused { service: Some(id(2)), reason: reason.to_owned() });
    assert_eq!(changed(0, State::Running), None, "the list shows that");
    assert_eq!(changed(4, State::Crashed).unwrap(), "worker: exited with code 1 after 02:13 · r restarts it");
    assert_eq!(changed(5, State::Backoff).unwrap(), "mailer: exited with code 1 after 02:13; it will be started again");
    assert_eq!(hup(1, vec![]).unwrap(), "api: SIGHUP to its group: 1 process");
    assert_eq!(hup(0, vec![]).unwrap(), "api: SIGHUP to its group: nobody was there");
    assert_eq!(refused("it is stuck").unwrap(), "api: it is stuck");
    assert_eq!(refused("api is stuck").unwrap(), "api is stuck");
    assert_eq!(said(Event::Verified(Arc::new(report(true)))).unwrap(), "api: killed 7, 0 left · checked in 14 ms");
}

#[test]
fn an_end_that_is_taken_back_from_its_next_start_is_said() {
    let mut model = shop();
    let event = Event::Changed { service: id(5), from: State::Backoff, to: State::Stopped };
    update(&mut model, Msg::Happened(event), moment());
    let notice = model.notice.unwrap();
    assert_eq!(notice.text, "mailer: is not started again");
}

#[test]
fn who_could_not_be_killed_is_named_with_the_keys_that_lead_on() {
    let mut board = board(moment());
    let survivors = report(false).survivors;
    board.services[2] = ServiceStatus { state: State::Stuck, survivors: survivors.into(), ..stopped("api") };
    let mut model = model(board, 80, 24);
    let event = Event::Changed { service: id(2), from: State::Stopping, to: State::Stuck };
    update(&mut model, Msg::Happened(event), moment());
    let notice = model.notice.unwrap();
    assert_eq!(notice.text, "api: 41825 dd of=/mnt/x could not be killed · w says why · X tries again");
}

#[test]
fn an_answer_stays_until_another_service_is_chosen_or_something_is_wrong() {
    let mut model = shop();
    let done = || Msg::Happened(Event::Changed { service: id(1), from: State::Running, to: State::Done });
    let said = |model: &Model| model.notice.as_ref().map(|notice| notice.text.clone());
    update(&mut model, Msg::Happened(Event::Verified(Arc::new(report(true)))), moment());
    update(&mut model, done(), moment());
    assert_eq!(said(&model).unwrap(), "api: killed 7, 0 left · checked in 14 ms", "a good end can wait");
    let crash = Event::Changed { service: id(4), from: State::Running, to: State::Crashed };
    update(&mut model, Msg::Happened(crash), moment());
    assert!(said(&model).unwrap().starts_with("worker: "));
    type_keys(&mut model, "j");
    assert_eq!(said(&model), None, "the chosen one's own line is seen");
}

//! Proves that stopped means gone: hostile programs, every ending, an oracle of its own, and a table of who survived.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::exit,
    reason = "a program that measures and prints, and hostile programs that signal and wait as they like"
)]

mod cases;
mod endings;
mod isolate;
mod loops;
mod options;
mod oracle;
mod plan;
mod run;
mod runner;
mod screen;
mod stage;
mod sys;
mod table;

use std::process::ExitCode;

use options::{Form, Options};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.split_first() {
        Some((first, rest)) if first == "__case" => {
            cases::run(rest);
            return ExitCode::SUCCESS;
        }
        Some((first, rest)) if first == "__run" => return runner::work(rest),
        Some((first, _)) if first == "__probe" => {
            isolate::probe();
            return ExitCode::SUCCESS;
        }
        _ => {}
    }
    match Options::read(&words) {
        Ok(options) => prove(&options),
        Err(help) => {
            eprintln!("{help}");
            ExitCode::from(2)
        }
    }
}

fn prove(options: &Options) -> ExitCode {
    match options.form {
        Form::Nothing => return ExitCode::SUCCESS,
        Form::List => {
            println!("proof: test");
            return ExitCode::SUCCESS;
        }
        Form::Short | Form::Full | Form::Loop(_) | Form::SpawnRace(_) => {}
    }
    let house = match runner::House::open() {
        Ok(house) => house,
        Err(error) => {
            eprintln!("cannot make a temporary folder with the programs in it: {error}");
            return ExitCode::FAILURE;
        }
    };
    let jobs = plan::jobs(options, &house);
    let results = runner::run_all(&house, jobs, options.jobs, matches!(options.form, Form::Short));
    if let Some(path) = &options.write
        && let Err(error) = std::fs::write(path, table::markdown(&results, options))
    {
        eprintln!("cannot write {}: {error}", path.display());
        return ExitCode::FAILURE;
    }
    runner::summary(&results, options)
}

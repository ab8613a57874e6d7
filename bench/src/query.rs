//! Query: how long each kind of question takes, one after another over one connection.
//!
//! The first [`CHECKED`] answers of each line are held against what the generator says; a wrong one ends
//! the run with an error. No time is judged.

mod answers;
mod filter;
pub mod questions;
mod recount;

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::client::Client;
use crate::events::{Events, SEED, rfc3339};
use crate::filled::Filled;
use crate::options::Options;
use crate::report::{Times, grouped};
use questions::{Ask, Line, PAGE, Question, Way, lines};
use recount::{Counts, Wanted, recount};

/// Answers of each line that are checked.
const CHECKED: usize = 8;
/// Questions of each line that are asked before the clock starts.
const WARM_UP: usize = 20;
/// Pages of a walk.
const PAGES: usize = 20;
const JSON: &str = "application/json";

/// What came back in answer to one question, in the order of the requests.
type Answers = Vec<Vec<u8>>;

pub fn run(options: &Options) -> Result<(), String> {
    let filled = Filled::load(&options.data, options.events)?;
    if filled.others > 0 {
        return Err(
            "other events were added by --mixed: fill anew, or the counts would differ".to_owned(),
        );
    }
    let events = Events::new(SEED, options.events)?;
    let lines = lines(&events);
    let wanted: Vec<_> = lines
        .iter()
        .flat_map(|line| line.questions.iter().take(CHECKED))
        .map(|question| (&question.filter, question.ask.wanted()))
        .collect();
    let mut counted = recount(&events, &wanted)?.into_iter();

    let server = filled.serve(&options.server)?;
    server.wait_until_ready()?;
    let mut client = server.reader()?;
    println!(
        "{} events; {} answers of each line checked\n\n\
         | question | p50 ms | p99 ms | max ms | asked | different | matches (median) |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        grouped(options.events),
        CHECKED
    );
    for line in &lines {
        let expected: Vec<Counts> = counted
            .by_ref()
            .take(line.questions.len().min(CHECKED))
            .collect();
        measure(&events, &mut client, line, &expected, options.seconds)
            .map_err(|error| format!("{}: {error}", line.name))?;
    }
    let used = server.usage()?;
    println!(
        "\nAfterwards {} MB are resident, {} MB of them anonymous.",
        used.resident_bytes >> 20,
        used.anonymous_bytes >> 20
    );
    Ok(())
}

fn measure(
    events: &Events,
    client: &mut Client,
    line: &Line,
    expected: &[Counts],
    seconds: f64,
) -> Result<(), String> {
    let span = Duration::from_secs_f64(seconds);
    let until = Instant::now() + span;
    for question in line.questions.iter().rev().take(WARM_UP) {
        asked(client, line.way, question, &mut Vec::new())?;
        if Instant::now() >= until {
            break;
        }
    }
    let mut times = Vec::new();
    let mut kept: Vec<Answers> = Vec::new();
    let until = Instant::now() + span;
    let mut rounds = 0;
    for question in line.questions.iter().cycle() {
        if rounds >= expected.len() && Instant::now() >= until {
            break;
        }
        let answers = asked(client, line.way, question, &mut times)?;
        rounds += 1;
        if kept.len() < expected.len() {
            kept.push(answers);
        }
    }
    for (counts, (question, answers)) in expected.iter().zip(line.questions.iter().zip(&kept)) {
        check(events, line.way, question, answers, counts)
            .map_err(|error| format!("{error}\n{}", question.path))?;
    }
    let mut matches: Vec<u64> = expected.iter().map(|counts| counts.total).collect();
    matches.sort_unstable();
    let times = Times::of(times);
    let matching = match line.questions[0].ask {
        Ask::One(_) => 1,
        _ => matches[matches.len() / 2],
    };
    println!(
        "| {} | {:.2} | {:.2} | {:.2} | {} | {} | {} |",
        line.name,
        times.millis(0.5),
        times.millis(0.99),
        times.millis(1.0),
        times.count(),
        rounds.min(line.questions.len()),
        grouped(matching),
    );
    Ok(())
}

/// Asks one question. What is measured of it is added to the times.
pub fn asked(
    client: &mut Client,
    way: Way,
    question: &Question,
    times: &mut Vec<Duration>,
) -> Result<Answers, String> {
    let (took, first) = get(client, &question.path)?;
    if way == Way::Once {
        times.push(took);
        return Ok(vec![first]);
    }
    let mut answers = vec![first];
    let steps: &[&str] = match way {
        Way::Once | Way::Walk => &["next_cursor"; PAGES - 1],
        Way::Back => &["next_cursor", "prev_cursor"],
    };
    for (step, name) in steps.iter().enumerate() {
        let last = answers.last().map_or(&[][..], Vec::as_slice);
        let answer = answers::parse(last)?;
        let Some(cursor) = answer[*name].as_str() else {
            break;
        };
        let path = format!("{}&cursor={}", question.path, filter::encoded(cursor));
        let (took, body) = get(client, &path)?;
        if way == Way::Walk || step == steps.len() - 1 {
            times.push(took);
        }
        answers.push(body);
    }
    Ok(answers)
}

fn get(client: &mut Client, path: &str) -> Result<(Duration, Vec<u8>), String> {
    let sent = Instant::now();
    let (status, body) = client.send("GET", path, JSON, b"")?;
    let took = sent.elapsed();
    if status == 200 {
        return Ok((took, body));
    }
    let body = String::from_utf8_lossy(&body);
    Err(format!("{path} is answered {status}: {body}"))
}

fn check(
    events: &Events,
    way: Way,
    question: &Question,
    bodies: &Answers,
    counts: &Counts,
) -> Result<(), String> {
    let parsed = bodies.iter().map(|body| answers::parse(body));
    let parsed: Vec<Value> = parsed.collect::<Result<_, _>>()?;
    let Some(first) = parsed.first() else {
        return Err("nothing was answered".to_owned());
    };
    match &question.ask {
        Ask::Page { ascending, limit } => {
            let total = counts.total;
            answers::page(events, &question.filter, first, total, *limit, *ascending)?;
            match way {
                Way::Once => Ok(()),
                Way::Walk => walked(&parsed, total),
                Way::Back => went_back(&parsed),
            }
        }
        Ask::Histogram { .. } => answers::histogram(events, first, counts),
        Ask::Facets(fields) => answers::facets(events, fields, first, counts),
        Ask::Completions(prefix) => {
            let field = match question.ask.wanted() {
                Wanted::Values([field, ..]) => *field,
                _ => return Err("completions are counted by value".to_owned()),
            };
            answers::completions(events, field, prefix, first, counts)
        }
        Ask::One(number) => {
            let draw = events.draw(*number);
            let action = events.action(&draw).entry.action.as_str();
            if first["action"] == action && first["occurred_at"] == rfc3339(draw.occurred_at) {
                return Ok(());
            }
            Err(format!("event {number} is {action}, not {first}"))
        }
    }
}

/// All pages together are one list, none of it left out, and the total stays.
fn walked(pages: &[Value], total: u64) -> Result<(), String> {
    let mut all = Vec::new();
    for page in pages {
        if page["total"].as_u64() != Some(total) {
            return Err(format!("the total was {total}, now {}", page["total"]));
        }
        all.extend_from_slice(answers::data(page)?);
    }
    answers::in_order(&all, false)?;
    let expected = total.min(PAGE * PAGES as u64);
    if all.len() as u64 != expected {
        return Err(format!(
            "{} events on {} pages, not {expected}",
            all.len(),
            pages.len()
        ));
    }
    Ok(())
}

/// The page before the second is the first again.
fn went_back(pages: &[Value]) -> Result<(), String> {
    match pages {
        [first, _, again] if first["data"] != again["data"] => {
            Err("the page before the second is not the first".to_owned())
        }
        [_, _] => Err("the second page has no page before it".to_owned()),
        _ => Ok(()),
    }
}

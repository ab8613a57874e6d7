//! Start: how long a server that was killed takes until it answers, and what it then holds in memory.

use std::time::Instant;

use crate::fill::check_total;
use crate::filled::Filled;
use crate::options::Options;

/// Starts that are measured, each after the one before it was killed.
const STARTS: usize = 3;

pub fn run(options: &Options) -> Result<(), String> {
    let filled = Filled::load(&options.data, options.events)?;
    println!(
        "| start after kill -9 | ready ms | first page ms | CPU s | resident MB | anonymous MB |\n\
         | ---: | ---: | ---: | ---: | ---: | ---: |"
    );
    for number in 1..=STARTS {
        let started = Instant::now();
        let server = filled.serve(&options.server)?;
        server.wait_until_ready()?;
        let ready = started.elapsed();
        let mut client = server.reader()?;
        let (status, body) = client.send("GET", "/v1/events", "application/json", b"")?;
        let page = started.elapsed();
        if status != 200 {
            let body = String::from_utf8_lossy(&body);
            return Err(format!("the first page is {status}: {body}"));
        }
        let used = server.usage()?;
        check_total(&mut client, filled.events + filled.others)?;
        println!(
            "| {number} | {:.0} | {:.0} | {:.2} | {} | {} |",
            ready.as_secs_f64() * 1e3,
            page.as_secs_f64() * 1e3,
            used.cpu_seconds,
            used.resident_bytes >> 20,
            used.anonymous_bytes >> 20,
        );
    }
    Ok(())
}

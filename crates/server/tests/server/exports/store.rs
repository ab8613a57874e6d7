//! Exports in an S3-compatible store, a real one that checks signatures.

use crate::harness::s3::S3;
use crate::harness::{Directory, Hold, Server, evident, run, wait_for};

use super::{asked, document, download, fill, hex_of, holding, kept, lines, status, until};

fn serve(directory: &Directory, s3: &S3) -> Server {
    directory.serve_with(|command| s3.keep_exports(command))
}

/// Events whose file has more than one part.
fn fill_with_parts(server: &Server) -> usize {
    const BATCHES: usize = 10;
    const EVENTS: usize = 20;
    let filler = "x".repeat(50_000);
    for part in 0..BATCHES {
        let events: Vec<serde_json::Value> = (0..EVENTS)
            .map(|n| {
                let mut event = crate::harness::event(format!("{part}-{n}"));
                event["metadata"] = serde_json::json!({ "filler": filler });
                event
            })
            .collect();
        let sent = serde_json::json!({ "events": events });
        server.post("/v1/events", &sent).expect(201);
    }
    BATCHES * EVENTS
}

#[test]
fn a_file_goes_to_the_bucket_and_comes_back_whole_in_parts_and_not_at_all() {
    let s3 = S3::start();
    let directory = Directory::init();
    let server = serve(&directory, &s3);
    let events = fill_with_parts(&server);
    let path = asked(&server, &document("ndjson"));
    let export = until(&server, &path, "complete");
    assert!(
        export["size"].as_u64().unwrap() > 9 * 1024 * 1024,
        "{export}"
    );
    let id = export["id"].as_str().unwrap();
    let organization = &directory.organization.id;
    let object = format!("evident/one/exports/{organization}/{id}.ndjson");
    let objects = s3.objects();
    assert!(objects.contains(&object), "{objects:?}");
    assert!(kept(&directory).is_empty(), "there is none on this disk");
    let whole = download(&server, &path, &[]);
    assert_eq!(lines(&whole).len(), events);
    assert_eq!(export["sha256"], hex_of(&whole.body));
    let part = download(&server, &path, &[("range", "bytes=8388600-8388700")]);
    assert_eq!(part.status, 206);
    assert_eq!(part.body, whole.body[8_388_600..=8_388_700]);
    // What no export names goes at a start.
    let folder = s3.bucket().join("evident/one/exports").join(organization);
    std::fs::write(folder.join("exp_unknown.csv"), "x").unwrap();
    assert!(server.terminate().success());
    let server = serve(&directory, &s3);
    wait_for("the object's end", || {
        (!folder.join("exp_unknown.csv").exists()).then_some(())
    });
    let key = server.organization.read.clone();
    assert_eq!(
        server.request("DELETE", &path, Some(&key), &[], b"").status,
        204
    );
    assert!(!s3.objects().contains(&object));
}

#[test]
fn a_store_that_cannot_be_used_is_told_of_at_the_start_without_its_secret() {
    const WRONG: &str = "wr0ng-s3cret";
    let s3 = S3::start();
    let directory = Directory::init();
    let mut command = directory.serve_command();
    s3.keep_exports_with(&mut command, WRONG);
    let output = run(&mut command, "");
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.contains("export_store cannot be used"), "{errors}");
    assert!(!errors.contains(WRONG), "{errors}");
    assert!(s3.connections() > 0, "it was asked");
    let mut command = directory.serve_command();
    s3.keep_exports(&mut command);
    command.env_remove("EVIDENT_EXPORT_STORE_KEY_ID");
    let output = run(&mut command, "");
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.contains("go together"), "{errors}");
    let mut command = evident();
    command
        .arg("config")
        .env("EVIDENT_EXPORT_STORE_ENDPOINT", "http://s3.example.com");
    let output = run(&mut command, "");
    assert!(!output.status.success(), "not over the network without TLS");
}

#[test]
fn a_store_that_goes_away_in_the_middle_fails_the_export_and_breaks_off_the_download() {
    let s3 = S3::start();
    let directory = Directory::init();
    let hold = Hold::new();
    let server = directory.serve_with(|command| {
        s3.keep_exports(command);
        holding(command, &hold);
    });
    fill(&server, 3);
    hold.release();
    let made = asked(&server, &document("ndjson"));
    until(&server, &made, "complete");
    assert_eq!(download(&server, &made, &[]).status, 200);
    hold.again();
    let path = asked(&server, &document("ndjson"));
    until(&server, &path, "running");
    s3.end();
    hold.release();
    let export = until(&server, &path, "failed");
    let error = export["error"].as_str().unwrap();
    assert!(error.contains("store of files failed"), "{error}");
    download(&server, &made, &[]).problem(503, "export_store_failed");
    assert_eq!(status(&server, &made), "complete");
    // Recording goes on.
    fill(&server, 1);
}

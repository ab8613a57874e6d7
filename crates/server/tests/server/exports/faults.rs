//! What crashes, kills and full disks leave of exports: nothing, or all of it.

use std::process::Command;

use crate::harness::{Directory, Hold, Server, wait_for};

use super::{
    SEVERAL_PIECES, asked, document, download, fill, hex_of, kept, lines, scratch, serve_held,
    status, until,
};

/// A server that ends at a point of the next export.
fn ending_at(directory: &Directory, point: &str) -> Server {
    directory.serve_with(|command| {
        command.env("TEST_EVIDENT_FAILPOINT", point);
    })
}

/// Waits until some of a file has been made by this server.
fn has_begun(server: &Server, path: &str) {
    wait_for("a piece", || {
        let export = server.get(path).expect(200);
        (export["progress"]["rows_done"].as_u64() > Some(0)).then_some(())
    });
}

/// The paths of all exports.
fn paths(server: &Server) -> Vec<String> {
    let listed = server.get("/v1/exports").expect(200);
    let listed = listed["data"].as_array().unwrap().iter();
    let path =
        |export: &serde_json::Value| format!("/v1/exports/{}", export["id"].as_str().unwrap());
    listed.map(path).collect()
}

#[test]
fn whatever_ends_the_server_in_the_middle_the_file_is_made_whole_afterwards() {
    let directory = Directory::init();
    let server = directory.serve();
    fill(&server, SEVERAL_PIECES);
    let path = asked(&server, &document("ndjson"));
    let export = until(&server, &path, "complete");
    let uninterrupted = download(&server, &path, &[]).body;
    let key = server.organization.read.clone();
    assert_eq!(
        server.request("DELETE", &path, Some(&key), &[], b"").status,
        204
    );
    assert!(server.terminate().success());
    for point in ["export_piece", "export_written", "export_uploaded"] {
        let mut server = ending_at(&directory, point);
        let path = {
            let client = server.client();
            // The answer may come out before the end, or not.
            drop(client.change("POST", "/v1/exports", &document("ndjson")));
            server.wait();
            let hold = Hold::new();
            let server = serve_held(&directory, &hold);
            let path = paths(&server)[0].clone();
            // Begun anew, and held: there is nothing to be had, and nothing left of the first beginning.
            has_begun(&server, &path);
            download(&server, &path, &[]).problem(409, "export_not_complete");
            assert!(
                kept(&directory).is_empty(),
                "{point}: {:?}",
                kept(&directory)
            );
            hold.release();
            let again = until(&server, &path, "complete");
            assert_eq!(again["sha256"], export["sha256"], "{point}");
            assert_eq!(download(&server, &path, &[]).body, uninterrupted, "{point}");
            assert!(scratch(&directory).is_empty(), "{point}");
            let admin = server.organization.admin.clone();
            assert_eq!(
                server
                    .request("DELETE", &path, Some(&admin), &[], b"")
                    .status,
                204
            );
            assert!(server.terminate().success());
            path
        };
        assert!(!path.is_empty());
    }
    // After this point it is complete already.
    let mut server = ending_at(&directory, "export_complete");
    drop(
        server
            .client()
            .change("POST", "/v1/exports", &document("ndjson")),
    );
    server.wait();
    let server = directory.serve();
    let path = paths(&server)[0].clone();
    assert_eq!(status(&server, &path), "complete");
    assert_eq!(
        hex_of(&download(&server, &path, &[]).body),
        export["sha256"]
    );
    wait_for("an empty workshop", || {
        scratch(&directory).is_empty().then_some(())
    });
}

#[test]
fn a_kill_in_the_middle_is_survived_and_at_no_time_is_half_a_file_given() {
    let directory = Directory::init();
    let hold = Hold::new();
    let server = serve_held(&directory, &hold);
    fill(&server, SEVERAL_PIECES);
    let path = asked(&server, &document("ndjson"));
    has_begun(&server, &path);
    download(&server, &path, &[]).problem(409, "export_not_complete");
    assert!(!scratch(&directory).is_empty());
    server.kill();
    hold.release();
    let server = directory.serve();
    wait_for("the whole file", || {
        let reply = download(&server, &path, &[]);
        if reply.status == 409 {
            return None;
        }
        assert_eq!(lines(&reply).len(), SEVERAL_PIECES as usize);
        Some(())
    });
    // A signal to stop does not wait for what takes long, and does not count as a beginning.
    let hold = Hold::new();
    assert!(server.terminate().success());
    let mut server = serve_held(&directory, &hold);
    let path = asked(&server, &document("ndjson"));
    for _ in 0..4 {
        until(&server, &path, "running");
        assert!(server.terminate().success());
        server = serve_held(&directory, &hold);
    }
    hold.release();
    until(&server, &path, "complete");
}

#[test]
fn what_ends_the_server_each_time_is_given_up() {
    let directory = Directory::init();
    let server = directory.serve();
    fill(&server, 3);
    assert!(server.terminate().success());
    let mut server = ending_at(&directory, "export_piece");
    drop(
        server
            .client()
            .change("POST", "/v1/exports", &document("ndjson")),
    );
    server.wait();
    for _ in 0..2 {
        // It may end before it has said that it is ready.
        let mut command = directory.serve_command();
        command.env("TEST_EVIDENT_FAILPOINT", "export_piece");
        Server::start(command, directory.organization.clone()).wait();
    }
    let server = ending_at(&directory, "export_piece");
    let path = paths(&server)[0].clone();
    let export = until(&server, &path, "failed");
    let error = export["error"].as_str().unwrap();
    assert!(error.contains("begun 3 times"), "{error}");
    assert!(scratch(&directory).is_empty());
}

#[test]
fn a_full_disk_fails_the_export_in_plain_words_and_nothing_else() {
    let directory = Directory::init();
    let hold = Hold::new();
    let server = serve_held(&directory, &hold);
    fill(&server, 3);
    // It is there by its id, and begun anew afterwards.
    let path = asked(&server, &document("ndjson"));
    until(&server, &path, "running");
    server.kill();
    hold.release();
    let id = path.rsplit('/').next().unwrap();
    let data = directory.path().canonicalize().unwrap();
    let file = data.join("exports/work").join(id).join("file");
    let serve = directory.serve_command();
    let mut traced = Command::new("strace");
    traced
        .args([
            "--daemonize",
            "--follow-forks",
            "--quiet=all",
            "--output=/dev/null",
        ])
        .arg("--trace-path")
        .arg(&file)
        .args([
            "--trace=write,pwrite64",
            "--inject=write,pwrite64:error=ENOSPC",
        ])
        .arg(serve.get_program())
        .args(serve.get_args());
    for (name, value) in serve.get_envs() {
        match value {
            Some(value) => traced.env(name, value),
            None => traced.env_remove(name),
        };
    }
    let server = Server::start(traced, directory.organization.clone());
    server.wait_until_ready();
    let export = until(&server, &path, "failed");
    let error = export["error"].as_str().unwrap();
    assert!(error.contains("disk is full"), "{error}");
    assert!(!error.contains('/'), "no path of the server's: {error}");
    wait_for("an empty workshop", || {
        scratch(&directory).is_empty().then_some(())
    });
    assert!(kept(&directory).is_empty());
    fill(&server, 1);
    until(&server, &asked(&server, &document("ndjson")), "complete");
}

#[test]
fn a_file_that_would_be_too_large_is_given_up() {
    let directory = Directory::init();
    let server = directory.serve_with(|command| {
        command.env("EVIDENT_EXPORT_MAX_BYTES", "1000");
    });
    fill(&server, 100);
    let path = asked(&server, &document("ndjson"));
    let export = until(&server, &path, "failed");
    let error = export["error"].as_str().unwrap();
    assert!(
        error.contains("1000 bytes") && error.contains("export_max_bytes"),
        "{error}"
    );
    wait_for("an empty workshop", || {
        scratch(&directory).is_empty().then_some(())
    });
}

#[test]
fn files_that_no_export_names_are_removed_and_no_others() {
    let directory = Directory::init();
    let server = directory.serve();
    fill(&server, 1);
    let path = asked(&server, &document("ndjson"));
    until(&server, &path, "complete");
    assert!(server.terminate().success());
    let files = directory.path().join("exports/files/exports");
    let own = files.join(&directory.organization.id);
    std::fs::write(own.join("exp_unknown.csv"), "x").unwrap();
    std::fs::create_dir(files.join("org_of_another_server")).unwrap();
    std::fs::write(files.join("org_of_another_server/exp_1.csv"), "x").unwrap();
    let server = directory.serve();
    wait_for("the file's end", || {
        (!own.join("exp_unknown.csv").exists()).then_some(())
    });
    assert!(files.join("org_of_another_server/exp_1.csv").exists());
    assert_eq!(download(&server, &path, &[]).status, 200);
}

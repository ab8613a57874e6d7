//! An anchor that is a command: it follows at its own pace, and whatever it does holds up nothing but itself.

use std::path::PathBuf;
use std::time::Duration;

use evident_store::anchor::AnchorCommand;

use super::*;

/// Keeps a note in a file, as an operator's command may. A test can put something in its way.
const SCRIPT: &str = r#"
where=$(dirname "$0")
kept="$where/kept.$2"
echo "$1 $2" >> "$where/calls"
if [ -e "$where/instead" ]; then . "$where/instead"; fi
case "$1" in
get) if [ -e "$kept" ]; then cat "$kept"; fi ;;
put) cat > "$kept.new" && mv "$kept.new" "$kept" ;;
*) exit 64 ;;
esac
"#;
/// Long enough for a script on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(20);
const SOON: Duration = Duration::from_millis(1);
/// For commands that hang.
const SHORT_TIMEOUT: Duration = Duration::from_secs(1);

/// A command with what it keeps.
struct Keeper {
    directory: tempfile::TempDir,
}

impl Keeper {
    fn new() -> Self {
        let directory = memory_directory();
        std::fs::write(directory.path().join("keep.sh"), SCRIPT).unwrap();
        Self { directory }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn options(&self, timeout: Duration, pause: Duration) -> Options {
        let script = self.path("keep.sh").to_str().unwrap().to_owned();
        let command = AnchorCommand {
            command: vec!["/bin/sh".to_owned(), script],
            timeout,
            pause,
        };
        Options {
            anchor: Some(AnchorPlace::Command(command)),
            ..options()
        }
    }

    /// What the script does instead from its next run on.
    fn instead(&self, what: &str) {
        std::fs::write(self.path("instead.new"), what).unwrap();
        std::fs::rename(self.path("instead.new"), self.path("instead")).unwrap();
    }

    fn as_before(&self) {
        std::fs::remove_file(self.path("instead")).unwrap();
    }

    fn calls(&self) -> String {
        std::fs::read_to_string(self.path("calls")).unwrap()
    }

    fn kept(&self) -> Option<Bytes> {
        let path = self.path(&format!("kept.{ORGANIZATION}"));
        std::fs::read(path).ok().map(Bytes::from)
    }

    fn wait_for(&self, note: &Bytes) {
        wait_until("the command has the note", || {
            self.kept().as_ref() == Some(note)
        });
    }
}

fn wait_for_failures(store: &Store) {
    let before = store.measurements().anchor_failures;
    wait_until("the command has failed", || {
        store.measurements().anchor_failures > before
    });
}

/// Whether a process is there and has not ended.
fn is_alive(process: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{}/stat", process.trim()));
    // Behind the name in parentheses is the state; Z has ended, and waits to be looked at.
    status.is_ok_and(|status| {
        !status
            .rsplit(')')
            .next()
            .unwrap_or_default()
            .starts_with(" Z")
    })
}

#[test]
fn a_command_is_brought_each_log_that_has_grown_and_asked_by_its_organization() {
    let keeper = Keeper::new();
    let directory = memory_directory();
    let store = open(directory.path(), keeper.options(TIMEOUT, SOON));
    assert_eq!(
        keeper.kept(),
        Some(note_of(&store)),
        "the first head is always there"
    );
    for numbers in [0..2, 2..5, 5..6] {
        append_published(&store, numbers);
        let note = note_of(&store);
        keeper.wait_for(&note);
    }
    drop(store);
    let calls = keeper.calls();
    let asked: std::collections::BTreeSet<&str> = calls.lines().collect();
    let wanted = ["get org_test", "put org_test"];
    assert_eq!(Vec::from_iter(asked), wanted);
    // A log that has not grown is asked about once, when the store is opened.
    std::fs::remove_file(keeper.path("calls")).unwrap();
    let store = open(directory.path(), keeper.options(TIMEOUT, SOON));
    assert_eq!(store.health(), Condition::Accepting);
    store.close();
    assert_eq!(keeper.calls().lines().count(), 1);
}

#[test]
fn a_command_follows_after_its_pause_and_has_the_last_head_when_the_store_is_closed() {
    let keeper = Keeper::new();
    let directory = memory_directory();
    let store = open(directory.path(), keeper.options(TIMEOUT, NEVER));
    let first = note_of(&store);
    append_published(&store, 0..5);
    append_published(&store, 5..7);
    assert_eq!(
        keeper.kept(),
        Some(first),
        "nothing waits for it, and it for its pause"
    );
    store.close();
    assert_eq!(keeper.kept(), Some(note_of(&store)));
    assert_eq!(published(&store, ORGANIZATION).size, 7);
    store.close();
}

#[test]
fn what_is_recorded_last_is_brought_to_the_command_when_the_store_is_closed() {
    let keeper = Keeper::new();
    let directory = memory_directory();
    let unsigned = Options {
        checkpoint_gather: NEVER,
        ..keeper.options(TIMEOUT, NEVER)
    };
    let store = open(directory.path(), unsigned);
    append(&store, events(0..5)).unwrap();
    store.close();
    assert_eq!(published(&store, ORGANIZATION).size, 5);
    assert_eq!(keeper.kept(), Some(note_of(&store)));
}

#[test]
fn a_command_that_fails_or_hangs_holds_up_nothing_and_is_tried_again() {
    for (timeout, what) in [
        (TIMEOUT, "echo no >&2; exit 3"),
        (TIMEOUT, "if [ $1 = put ]; then exit 1; fi"),
        (SHORT_TIMEOUT, "sleep 1000"),
        (SHORT_TIMEOUT, "exec 2>&1; yes"),
        (TIMEOUT, "kill -9 $$"),
    ] {
        let keeper = Keeper::new();
        let directory = grown(|| keeper.options(TIMEOUT, SOON), &[2]);
        let store = open(directory.path(), keeper.options(timeout, SOON));
        keeper.instead(what);
        append_published(&store, 2..4);
        wait_for_failures(&store);
        assert_eq!(store.health(), Condition::Accepting, "{what}");
        assert_ne!(keeper.kept(), Some(note_of(&store)), "{what}");
        drop(store);
        keeper.as_before();
        let store = open(directory.path(), keeper.options(TIMEOUT, SOON));
        assert_eq!(store.health(), Condition::Accepting, "{what}");
        append_published(&store, 4..5);
        keeper.wait_for(&note_of(&store));
    }
}

#[test]
fn a_command_that_answers_again_is_brought_the_newest_head_without_a_restart() {
    let keeper = Keeper::new();
    let directory = grown(|| keeper.options(TIMEOUT, SOON), &[2]);
    let store = open(directory.path(), keeper.options(TIMEOUT, SOON));
    keeper.instead("exit 1");
    append_published(&store, 2..4);
    wait_for_failures(&store);
    keeper.as_before();
    keeper.wait_for(&note_of(&store));
    assert_eq!(store.health(), Condition::Accepting);
}

#[test]
fn a_log_that_is_made_while_the_command_fails_shows_its_first_head_when_it_answers() {
    let keeper = Keeper::new();
    let directory = grown(|| keeper.options(TIMEOUT, SOON), &[2]);
    let store = open(directory.path(), keeper.options(TIMEOUT, SOON));
    keeper.instead("exit 1");
    ensure_log(&store, "org_new");
    assert_eq!(store.head("org_new"), None);
    let first = vec![event_of("org_new", 1, "first")];
    append_to(&store, "org_new", first, false).unwrap();
    wait_for_failures(&store);
    assert_eq!(
        store.head("org_new"),
        None,
        "an anchor must know of it first"
    );
    append_published(&store, 2..3);
    keeper.as_before();
    wait_until("its head is shown", || {
        store.head("org_new").is_some_and(|head| head.size == 1)
    });
    assert!(keeper.path("kept.org_new").exists());
}

#[test]
fn a_put_that_came_through_although_it_failed_is_no_second_writer() {
    let keeper = Keeper::new();
    let directory = grown(|| keeper.options(TIMEOUT, SOON), &[2]);
    let store = open(directory.path(), keeper.options(TIMEOUT, SOON));
    // It keeps one note, does not say so, and is then out of reach.
    keeper.instead(
        r#"if [ -e "$where/through" ]; then exit 1; fi
        if [ $1 = put ]; then cat > "$kept.new"; mv "$kept.new" "$kept"; touch "$where/through"; exit 1; fi"#,
    );
    append_published(&store, 2..4);
    let came_through = note_of(&store);
    wait_until("it came through", || keeper.path("through").exists());
    assert_eq!(keeper.kept(), Some(came_through));
    // The next head is there before it answers again.
    append_published(&store, 4..5);
    wait_for_failures(&store);
    wait_for_failures(&store);
    keeper.as_before();
    wait_until("the command has the note, or the store has stopped", || {
        keeper.kept() == Some(note_of(&store)) || store.health() != Condition::Accepting
    });
    assert_eq!(store.health(), Condition::Accepting);
    assert_eq!(keeper.kept(), Some(note_of(&store)));
}

#[test]
fn a_command_that_does_not_tell_a_note_at_the_start_signs_nothing() {
    let keeper = Keeper::new();
    let directory = grown(|| keeper.options(TIMEOUT, SOON), &[2, 5]);
    let right = keeper.kept();
    for (timeout, what, says) in [
        (TIMEOUT, "echo what is wrong >&2; exit 3", "what is wrong"),
        (TIMEOUT, "echo garbage; exit 0", "is not its checkpoint"),
        (
            TIMEOUT,
            "cat \"$kept\" \"$kept\"; exit 0",
            "is not its checkpoint",
        ),
        (
            TIMEOUT,
            "head -c 70000 /dev/zero; exit 0",
            "does not answer",
        ),
        (TIMEOUT, "exit 0", "mount it"),
        (SHORT_TIMEOUT, "sleep 1000", "did not end within 1 s"),
        (SHORT_TIMEOUT, "exec 2>&1; yes", "did not end within 1 s"),
    ] {
        keeper.instead(what);
        assert_refused(directory.path(), keeper.options(timeout, SOON), 5, &[says]);
        assert_eq!(keeper.kept(), right, "{what}");
    }
    keeper.as_before();
    std::fs::remove_file(keeper.path("keep.sh")).unwrap();
    assert_refused(
        directory.path(),
        keeper.options(TIMEOUT, SOON),
        5,
        &["does not answer"],
    );
    for command in [vec![], vec!["/nonexistent/keep".to_owned()]] {
        let missing = AnchorCommand {
            command,
            timeout: TIMEOUT,
            pause: SOON,
        };
        let missing = Options {
            anchor: Some(AnchorPlace::Command(missing)),
            ..options()
        };
        assert_refused(directory.path(), missing, 5, &["anchor"]);
    }
}

#[test]
fn what_a_command_has_started_is_ended_with_it_when_it_is_late() {
    // It hangs itself, or has ended and left behind what holds its output open.
    for what in [
        "echo $$ > $where/pids; sleep 1000 & echo $! >> $where/pids; sleep 1000",
        "sleep 1000 & echo $! > $where/pids; exit 0",
    ] {
        let keeper = Keeper::new();
        let directory = grown(|| keeper.options(TIMEOUT, SOON), &[2]);
        keeper.instead(what);
        assert_refused(
            directory.path(),
            keeper.options(SHORT_TIMEOUT, SOON),
            2,
            &["does not answer"],
        );
        let pids = std::fs::read_to_string(keeper.path("pids")).unwrap();
        // They were told to end, and do so in their own time.
        wait_until("all that it has started has ended", || {
            !pids.lines().any(is_alive)
        });
    }
}

#[test]
fn an_older_copy_is_known_by_what_the_command_keeps() {
    let keeper = Keeper::new();
    let with_keeper = || keeper.options(TIMEOUT, SOON);
    let directory = grown(with_keeper, &[10]);
    let copy = copy_of(directory.path());
    let store = open(directory.path(), with_keeper());
    append_published(&store, 10..20);
    drop(store);
    assert_refused(copy.path(), with_keeper(), 10, &["20 leaves", "older copy"]);
    // Without the anchor nothing tells; and with it again it is another history.
    let store = open(copy.path(), options());
    append(&store, vec![event(700, "of the copy")]).unwrap();
    wait_published(&store, 11);
    append(
        &store,
        (701..711)
            .map(|number| event(number, "of the copy"))
            .collect(),
    )
    .unwrap();
    wait_published(&store, 21);
    drop(store);
    assert_refused(
        copy.path(),
        with_keeper(),
        21,
        &["20 leaves", "two histories"],
    );
}

#[test]
fn of_two_copies_with_one_command_the_second_is_stopped() {
    let keeper = Keeper::new();
    let with_keeper = || keeper.options(TIMEOUT, SOON);
    let directory = grown(with_keeper, &[10]);
    let copy = copy_of(directory.path());
    let first = open(directory.path(), with_keeper());
    let second = open(copy.path(), with_keeper());
    append_published(&first, 10..12);
    keeper.wait_for(&note_of(&first));
    append(&second, vec![event(700, "of the copy")]).unwrap();
    let reason = stopped(&second);
    assert!(reason.contains("another"), "{reason}");
    assert!(append(&second, vec![event(701, "of the copy")]).is_err());
    drop(second);
    append_published(&first, 12..14);
    keeper.wait_for(&note_of(&first));
    assert_eq!(first.health(), Condition::Accepting);
    drop(first);
    assert_eq!(
        keeper
            .calls()
            .lines()
            .filter(|call| !call.contains("org_test"))
            .count(),
        0
    );
    assert_refused(copy.path(), with_keeper(), 11, &["14 leaves", "older copy"]);
}

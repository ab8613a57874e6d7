//! Tails over a log in memory.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::atomic::{AtomicUsize, Ordering};

use evident_store::index::memory::MemoryIndex;

use super::super::fixtures::{self, ORGANIZATION};
use super::*;

const NOON: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);
const EVENING: Timestamp = Timestamp::from_micros(1_700_020_000_000_000);

/// How long anything may take that should come at once.
const PATIENCE: Duration = Duration::from_secs(60);

struct Scene {
    index: Arc<MemoryIndex>,
    tails: Tails,
    stop: watch::Sender<bool>,
}

/// A log with these events, and tails of a key that works until the evening.
async fn scene(heartbeat: Duration, max: usize, reasons: &[&str]) -> Scene {
    let index = Arc::new(MemoryIndex::new());
    fixtures::record(&index, 0, reasons);
    let (_, gate) = Authorized::with_key_until(ORGANIZATION, EVENING).await;
    let (stop, stopping) = watch::channel(false);
    let tails = Tails {
        asker: fixtures::asker(Arc::clone(&index)),
        gate,
        stopping,
        clock: || NOON,
        heartbeat,
        places: Places::new("tails", "too_many_tails", max, MAX_TAILS_PER_KEY),
    };
    Scene { index, tails, stop }
}

async fn unhurried(reasons: &[&str]) -> Scene {
    scene(HEARTBEAT, 1, reasons).await
}

impl Scene {
    async fn open(
        &self,
        parameters: &[(&str, &str)],
        after: Option<After>,
    ) -> Result<Tail, AskError> {
        let (reader, _) = Authorized::with_key_until(ORGANIZATION, EVENING).await;
        let question = fixtures::question(parameters);
        self.tails.open(reader, question, after).await
    }
}

/// What a tail says next, which must come in time.
async fn next(tail: &mut Tail) -> Option<News> {
    let news = tokio::time::timeout(PATIENCE, tail.next()).await;
    news.unwrap().transpose().unwrap()
}

/// The indexes of the events that come next.
async fn indexes(tail: &mut Tail) -> Vec<u64> {
    match next(tail).await.unwrap() {
        News::Events(events) => events.iter().map(|event| event.index).collect(),
        News::Nothing(_) => panic!("a heartbeat"),
    }
}

#[tokio::test]
async fn it_begins_after_an_index_or_with_what_is_recorded_next() {
    let scene = unhurried(&["a", "b", "c"]).await;
    let mut tail = scene.open(&[], Some(After::Index(0))).await.unwrap();
    assert_eq!(tail.begins(), 1);
    assert_eq!(indexes(&mut tail).await, [1, 2]);
    drop(tail);
    let mut tail = scene.open(&[], Some(After::Nothing)).await.unwrap();
    assert_eq!(tail.begins(), 0);
    assert_eq!(indexes(&mut tail).await, [0, 1, 2]);
    drop(tail);
    let mut tail = scene.open(&[], None).await.unwrap();
    assert_eq!(tail.begins(), 3);
    fixtures::record(&scene.index, 3, &["d"]);
    assert_eq!(indexes(&mut tail).await, [3]);
    drop(tail);
    for index in [4, u64::MAX] {
        let Err(AskError::UnknownIndex { size: 4, .. }) =
            scene.open(&[], Some(After::Index(index))).await
        else {
            panic!("{index} is not there");
        };
    }
}

#[tokio::test]
async fn what_is_recorded_wakes_a_tail_that_waits() {
    let scene = unhurried(&[]).await;
    let mut tail = scene.open(&[], None).await.unwrap();
    assert_eq!(tail.begins(), 0);
    for at in 0..3 {
        let (found, ()) = tokio::join!(indexes(&mut tail), async {
            tokio::task::yield_now().await;
            fixtures::record(&scene.index, at, &["x"]);
        });
        assert_eq!(found, [at]);
    }
}

#[tokio::test]
async fn a_heartbeat_says_how_far_it_has_looked_and_comes_also_while_others_are_recorded() {
    let scene = scene(Duration::from_millis(50), 1, &["a"]).await;
    let mut tail = scene
        .open(&[("filter", "reason:is:b")], None)
        .await
        .unwrap();
    let nothing = next(&mut tail).await.unwrap();
    assert!(matches!(nothing, News::Nothing(1)), "{nothing:?}");
    fixtures::record(&scene.index, 1, &["a", "a"]);
    let nothing = next(&mut tail).await.unwrap();
    assert!(matches!(nothing, News::Nothing(3)), "{nothing:?}");
    fixtures::record(&scene.index, 3, &["a", "b", "a"]);
    assert_eq!(indexes(&mut tail).await, [4]);
    let nothing = next(&mut tail).await.unwrap();
    assert!(matches!(nothing, News::Nothing(6)), "{nothing:?}");
}

#[tokio::test]
async fn batches_are_bounded_in_events_and_bytes_and_nothing_is_lost_between_them() {
    let large = "x".repeat(100_000);
    let small = vec!["x"; 2 * BATCH_EVENTS + 50];
    let huge = "x".repeat(BATCH_BYTES + 1);
    let mut reasons = small.clone();
    reasons.extend([large.as_str(); 7]);
    reasons.extend([huge.as_str(); 2]);
    reasons.extend(small);
    let scene = unhurried(&reasons).await;
    let mut tail = scene.open(&[], Some(After::Index(0))).await.unwrap();
    let mut seen = vec![0];
    while seen.len() < reasons.len() {
        let Some(News::Events(events)) = next(&mut tail).await else {
            panic!("no events after {seen:?}");
        };
        let bytes: usize = sizes(&events).sum();
        assert!((1..=BATCH_EVENTS).contains(&events.len()));
        assert!(bytes <= BATCH_BYTES || events.len() == 1, "{bytes}");
        seen.extend(events.iter().map(|event| event.index));
    }
    let all: Vec<u64> = (0..reasons.len() as u64).collect();
    assert_eq!(seen, all);
}

#[tokio::test]
async fn it_ends_when_the_server_stops_also_while_it_waits() {
    let scene = unhurried(&["a", "b"]).await;
    let mut waiting = scene.open(&[], None).await.unwrap();
    let (ended, _) = tokio::join!(next(&mut waiting), async {
        tokio::task::yield_now().await;
        scene.stop.send_replace(true);
    });
    assert!(ended.is_none());
    drop(waiting);
    let mut behind = scene.open(&[], Some(After::Index(0))).await.unwrap();
    assert!(next(&mut behind).await.is_none());
}

#[tokio::test]
async fn it_ends_when_the_key_works_no_longer_before_it_gives_anything() {
    let scene = scene(Duration::from_millis(20), 1, &["a", "b"]).await;
    let mut tail = scene.open(&[], None).await.unwrap();
    tail.clock = || EVENING;
    assert!(next(&mut tail).await.is_none());
    drop(tail);
    let mut tail = scene.open(&[], Some(After::Index(0))).await.unwrap();
    tail.clock = || EVENING;
    assert!(
        next(&mut tail).await.is_none(),
        "what was found before is not given either"
    );
    drop(tail);
    // The clock moves on between two heartbeats.
    let mut tail = scene.open(&[], None).await.unwrap();
    assert!(matches!(next(&mut tail).await, Some(News::Nothing(2))));
    tail.clock = || EVENING;
    assert!(next(&mut tail).await.is_none());
}

/// Before midnight when it is first asked, and after it from then on.
fn midnight_passes() -> Timestamp {
    /// The tail asks once whether the key still works, and once before it looks.
    const BEFORE_IT_HAS_LOOKED: usize = 2;
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let asked = ASKED.fetch_add(1, Ordering::Relaxed);
    Timestamp::parse_rfc3339(match asked < BEFORE_IT_HAS_LOOKED {
        true => "2023-11-14T23:59:59Z",
        false => "2023-11-15T00:00:02Z",
    })
    .unwrap()
}

#[tokio::test]
async fn what_is_recorded_while_a_day_begins_is_of_the_new_day() {
    let scene = unhurried(&[]).await;
    let mut tail = scene.open(&[("range", "today")], None).await.unwrap();
    let event = fixtures::event("x").replace("1970-01-01T00:00:00", "2023-11-15T00:00:01");
    let events = [fixtures::stored(0, &event)].into_iter();
    scene.index.apply(&Arc::from(ORGANIZATION), events);
    tail.clock = midnight_passes;
    assert_eq!(indexes(&mut tail).await, [0]);
}

#[tokio::test]
async fn there_are_so_many_in_all_and_of_one_key() {
    let scene = scene(HEARTBEAT, MAX_TAILS_PER_KEY + 1, &["a"]).await;
    let mut open = Vec::new();
    for _ in 0..MAX_TAILS_PER_KEY {
        open.push(scene.open(&[], None).await.unwrap());
    }
    let refused = scene.open(&[], None).await;
    let code = match refused {
        Err(AskError::TooMany(refused)) => refused.code,
        _ => "none",
    };
    assert_eq!(code, "too_many_tails");
    open.pop();
    open.push(scene.open(&[], None).await.unwrap());
    let places = &scene.tails.places;
    let other: Arc<str> = Arc::from("key_2");
    let last = places.enter(&other).unwrap();
    assert!(places.enter(&other).is_err(), "all places are taken");
    drop(open);
    drop(last);
    assert!(places.are_free());
    // A tail that is refused for another reason takes no place.
    assert!(scene.open(&[], Some(After::Index(9))).await.is_err());
    assert!(places.are_free());
}

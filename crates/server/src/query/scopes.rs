//! Whatever roles a person has, no answer tells of an event outside of them: random people, random events, and
//! every kind of answer, compared with what a few lines say of all that was recorded.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use evident_event::catalog::Catalog;
use evident_event::query::Field;
use evident_event::time::Timestamp;
use evident_event::time::zone::Zone;
use evident_store::index::memory::MemoryIndex;
use evident_store::index::{Completing, StoredEvent};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::{Exports, Question, Questions, fixtures};
use crate::auth::{Authorized, ExportEvents, Read};
use crate::control::fixtures::{founding, opened};
use crate::control::{Holdings, Organizations, Permission, Permissions};
use crate::sheet::Sheet;
use crate::workers::Workers;

const OWN: &str = "org_1";
const OTHER: &str = "org_2";
/// Two of them begin alike.
const PROJECTS: [&str; 3] = ["prj_1", "prj_10", "prj_2"];
/// Those that roles are made of here: the two that let somebody ask, and some that do not.
const PERMISSIONS: [Permission; 5] = [
    Permission::ReadEvents,
    Permission::ExportEvents,
    Permission::RecordEvents,
    Permission::ManageMembers,
    Permission::ReadLog,
];
const CASES: u32 = 64;

/// An event, by its project's place in [`PROJECTS`].
type Project = Option<usize>;

fn permissions() -> impl Strategy<Value = Permissions> {
    proptest::sample::subsequence(PERMISSIONS.to_vec(), 0..=PERMISSIONS.len())
        .prop_map(|some| some.into_iter().collect())
}

fn holdings() -> impl Strategy<Value = Holdings> {
    let everywhere = prop_oneof![3 => Just(Permissions::NONE), 1 => permissions()];
    let project = proptest::sample::select(PROJECTS.as_slice()).prop_map(str::to_owned);
    let projects = proptest::collection::btree_map(project, permissions(), 0..=PROJECTS.len());
    (everywhere, projects).prop_map(|(everywhere, projects)| Holdings {
        everywhere,
        projects,
    })
}

fn events() -> impl Strategy<Value = Vec<Project>> {
    proptest::collection::vec(proptest::option::of(0..PROJECTS.len()), 1..30)
}

/// What an event is told by, in its description and as a member of its metadata.
fn mark(organization: &str, at: usize) -> String {
    format!("mark-{organization}-{at}")
}

fn stored(organization: &str, at: usize, project: Project) -> StoredEvent {
    let mark = mark(organization, at);
    let project = project.and_then(|at| PROJECTS.get(at));
    let project = project.map_or_else(String::new, |id| format!(r#","project_id":"{id}""#));
    let canonical = format!(
        r#"{{"description":"{mark}","metadata":{{"{mark}":1}},"occurred_at":"1970-01-01T00:00:00.000000Z","organization_id":"{organization}"{project}}}"#
    );
    fixtures::stored(at as u64, &canonical)
}

/// Somebody's questions about both organizations' events.
struct Asked<'a> {
    questions: &'a Questions,
    reader: &'a Authorized<Read>,
    parameters: Vec<(&'static str, &'static str)>,
}

impl Asked<'_> {
    async fn question(&self) -> Question {
        let (scope, now) = (self.reader.scope(), Timestamp::from_micros(0));
        let parameters = self.parameters.iter().copied().chain([("limit", "500")]);
        let question = self.questions.question(scope, parameters, now).await;
        question.unwrap()
    }

    /// The marks that every kind of answer shows, and the counts that it tells: each as one set of marks.
    async fn answers(&self) -> BTreeMap<&'static str, BTreeSet<String>> {
        let description = || Field::parse("field", "description").unwrap();
        let page = self.questions.page(self.question().await).await.unwrap();
        assert_eq!(page.total, page.events.len() as u64);
        let listed = page.events.iter().map(|event| {
            let text = String::from_utf8(event.canonical.to_vec()).unwrap();
            text.split('"').nth(3).unwrap().to_owned()
        });
        let listed: BTreeSet<String> = listed.collect();
        let spread = self
            .questions
            .histogram(self.question().await, None, Some(description()));
        let spread = spread.await.unwrap().histogram;
        assert_eq!(spread.counts.iter().sum::<u64>(), page.total);
        let facets = self
            .questions
            .facets(self.question().await, vec![description()]);
        let facets = facets.await.unwrap();
        assert_eq!((facets[0].distinct, facets[0].missing), (page.total, 0));
        let facets = facets[0].values.iter().map(|value| value.value.clone());
        let values = Completing::Values(description());
        let values = self.completions(values, "").await;
        let names = self.completions(Completing::Names, "metadata.").await;
        let names = names
            .iter()
            .map(|name| name.trim_start_matches("metadata.").to_owned());
        let mut answers = BTreeMap::from([
            ("list", listed),
            ("facets", facets.collect()),
            ("values", values),
            (
                "names",
                names.filter(|name| name.starts_with("mark-")).collect(),
            ),
        ]);
        if let Ok(exporter) = self.reader.also::<ExportEvents>()
            && exporter.reach() == self.reader.reach()
        {
            answers.insert("export", self.exported(&exporter).await);
        }
        answers
    }

    async fn completions(&self, completing: Completing, prefix: &str) -> BTreeSet<String> {
        let question = self.question().await;
        let found = self
            .questions
            .completions(question, completing, prefix.to_owned());
        let found = found.await.unwrap().into_iter();
        found.map(|found| found.value).collect()
    }

    async fn exported(&self, exporter: &Authorized<ExportEvents>) -> BTreeSet<String> {
        let sheet = Sheet::new(vec!["description".to_owned()], &Zone::utc()).unwrap();
        let (exports, question) = (Exports::new(1), self.question().await);
        let mut export = exports
            .begin(exporter, self.questions, question, sheet)
            .await
            .unwrap();
        let mut text = String::new();
        while let Some(piece) = export.next().await {
            text.push_str(&String::from_utf8(piece.unwrap()).unwrap());
        }
        text.lines().skip(1).map(str::to_owned).collect()
    }
}

/// What somebody sees is what they hold the permission for: everything, or their projects.
fn sees(holdings: &Holdings, permission: Permission, project: Project) -> bool {
    let in_project = project.and_then(|at| holdings.projects.get(PROJECTS[at]));
    holdings.everywhere.has(permission) || in_project.is_some_and(|held| held.has(permission))
}

async fn check(
    organizations: &Arc<Organizations>,
    holdings: Holdings,
    own: Vec<Project>,
    other: Vec<Project>,
) {
    let index = Arc::new(MemoryIndex::new());
    for (organization, projects) in [(OWN, &own), (OTHER, &other)] {
        let events = projects.iter().enumerate();
        let events = events.map(|(at, project)| stored(organization, at, *project));
        index.apply(&Arc::from(organization), events);
    }
    let timeout = Duration::from_secs(60);
    let questions = Questions::new(index, Arc::clone(organizations), Workers::new(), timeout);
    let reads = |project: Project| sees(&holdings, Permission::ReadEvents, project);
    let holds_any = (0..PROJECTS.len()).map(Some).chain([None]).any(reads);
    let Ok(reader) = Authorized::<Read>::with_roles(OWN, holdings.clone()) else {
        assert!(!holds_any, "{holdings:?}");
        return;
    };
    let mut asked = Asked {
        questions: &questions,
        reader: &reader,
        parameters: Vec::new(),
    };
    let visible = |limit: Option<usize>| -> BTreeSet<String> {
        let seen = own
            .iter()
            .enumerate()
            .filter(|(_, project)| reads(**project) && (limit.is_none() || **project == limit));
        seen.map(|(at, _)| mark(OWN, at)).collect()
    };
    for (kind, marks) in asked.answers().await {
        assert_eq!(marks, visible(None), "{kind} for {holdings:?}");
    }
    for (at, id) in PROJECTS.iter().enumerate() {
        asked.parameters = vec![("project_id", id)];
        if reads(Some(at)) {
            for (kind, marks) in asked.answers().await {
                assert_eq!(marks, visible(Some(at)), "{kind} of {id} for {holdings:?}");
            }
        } else {
            let parameters = asked.parameters.iter().copied();
            let now = Timestamp::from_micros(0);
            let refused = questions.question(reader.scope(), parameters, now).await;
            assert!(refused.is_err(), "{id} for {holdings:?}");
        }
    }
    for (at, project) in own.iter().enumerate() {
        let id = stored(OWN, at, *project).id;
        let found = questions.event(reader.scope(), id).await.unwrap();
        assert_eq!(found.is_some(), reads(*project), "{holdings:?}");
    }
}

#[test]
fn nobody_is_told_of_anything_outside_of_their_roles() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let organizations = runtime.block_on(async {
        let control = opened().await;
        control.found(&founding(OWN)).await.unwrap();
        let catalog = Catalog::embedded().unwrap();
        Arc::new(Organizations::load(&control, catalog).await.unwrap())
    });
    let mut runner = TestRunner::new(Config::with_cases(CASES));
    let people = (holdings(), events(), events());
    let checked = runner.run(&people, |(holdings, own, other)| {
        runtime.block_on(check(&organizations, holdings, own, other));
        Ok(())
    });
    checked.unwrap();
}

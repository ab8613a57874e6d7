//! The questions that are measured: for each line of the table many of the same kind.
//!
//! They ask for what the generator has made, drawn with a seed, so that they are the same every time. Half of
//! them ask for a value as often as it occurs, so that the common ones come up most; the other half for
//! any of them alike, so that the rare ones do.

use evident_activity::names::PEOPLE;
use evident_activity::random::Random;

use super::filter::{Condition, Filter, encoded, parameters};
use super::recount::{Field, Wanted};
use crate::events::words::{ADJECTIVES, NOUNS};
use crate::events::{
    ACTORS, DAY_MICROS, Draw, Events, MODELS, PROJECTS, TEAMS, YEAR_END, YEAR_START, actor_name,
};

/// Different questions of a line. When all have been asked, the first comes again.
const POOL: u64 = 1000;
/// Letters that a completion begins with.
const COMPLETED_LETTERS: usize = 3;
pub const PAGE: u64 = 50;
/// Begins the seeds of the questions' own numbers.
const PURPOSE: u64 = 100;

const FEW_VALUES: &[Field] = &[
    Field::Result,
    Field::Category,
    Field::Level,
    Field::ActorType,
];
const ACTOR_IDS: &[Field] = &[Field::ActorId];
const ACTOR_NAMES: &[Field] = &[Field::ActorName];

/// What is asked about the events that match.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    Page {
        ascending: bool,
        limit: u64,
    },
    Histogram {
        interval: &'static str,
    },
    Facets(&'static [Field]),
    /// What begins with these letters, in lower case.
    Completions(String),
    /// The event with that number of the generator, by its id.
    One(u64),
}

/// How the questions of a line are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// One request.
    Once,
    /// Page after page; each but the first is measured.
    Walk,
    /// To the second page and back; the way back is measured.
    Back,
}

#[derive(Debug, Clone)]
pub struct Question {
    pub filter: Filter,
    pub ask: Ask,
    pub path: String,
}

/// One line of the table.
#[derive(Debug)]
pub struct Line {
    pub name: &'static str,
    pub way: Way,
    pub questions: Vec<Question>,
}

impl Ask {
    /// What must be counted to know whether the answer is true.
    pub const fn wanted(&self) -> Wanted {
        match self {
            Self::Page { .. } | Self::One(_) => Wanted::Total,
            Self::Histogram { .. } => Wanted::Days,
            Self::Facets(fields) => Wanted::Values(fields),
            Self::Completions(_) => Wanted::Values(ACTOR_NAMES),
        }
    }
}

const DESCENDING: Ask = Ask::Page {
    ascending: false,
    limit: PAGE,
};
const ASCENDING: Ask = Ask::Page {
    ascending: true,
    limit: PAGE,
};
const TOTAL: Ask = Ask::Page {
    ascending: false,
    limit: 1,
};
const BY_WEEK: Ask = Ask::Histogram { interval: "week" };
const BY_DAY: Ask = Ask::Histogram { interval: "day" };
const FEW: Ask = Ask::Facets(FEW_VALUES);
const MANY: Ask = Ask::Facets(ACTOR_IDS);

/// All lines, in the order of the table.
pub fn lines(events: &Events) -> Vec<Line> {
    let mut lines = pages(events);
    lines.extend(texts(events));
    lines.extend(counts(events));
    lines
}

/// Pages by all kinds of filters.
pub fn pages(events: &Events) -> Vec<Line> {
    let line = |name, ask: Ask, make: fn(&mut Maker<'_>) -> Filter| {
        Line::of(events, name, Way::Once, |maker| (make(maker), ask.clone()))
    };
    let mut lines = vec![
        line("page: newest, no filter", DESCENDING, |_| vec![]),
        line("page: one actor", DESCENDING, |m| vec![m.actor()]),
        line("page: action", DESCENDING, |m| vec![m.action()]),
        line("page: category, result", DESCENDING, |m| {
            vec![m.category(), m.result()]
        }),
        line("page: project, actor", DESCENDING, |m| {
            m.project_and_actor()
        }),
        line("page: neither category nor result", DESCENDING, |m| {
            vec![not(m.category()), not(m.result())]
        }),
        line("page: not an actor, in a project", DESCENDING, |m| {
            vec![not(m.actor()), m.project()]
        }),
        line("page: a day", DESCENDING, |m| vec![m.days(1)]),
        line("page: a week", DESCENDING, |m| vec![m.days(7)]),
        line("page: a month", DESCENDING, |m| vec![m.days(30)]),
        line("page: a month, actor", DESCENDING, |m| {
            vec![m.days(30), m.actor()]
        }),
        line("page: metadata", DESCENDING, |m| vec![m.metadata()]),
        line("page: target id", DESCENDING, |m| vec![m.target()]),
        line("page: trace id", DESCENDING, |m| vec![m.trace()]),
        line("page: oldest first, category", ASCENDING, |m| {
            vec![m.category()]
        }),
        line("page: oldest first, actor, action", ASCENDING, |m| {
            m.actor_and_action()
        }),
        line("page: open attempts", DESCENDING, |m| match m.even() {
            true => vec![Condition::Open],
            false => vec![Condition::Open, m.project()],
        }),
    ];
    for (name, way) in [
        ("page: 2nd to 20th by cursor", Way::Walk),
        ("page: previous", Way::Back),
    ] {
        lines.push(Line::of(events, name, way, |maker| {
            let filter = match maker.number % 4 {
                0 => vec![],
                1 => vec![maker.category()],
                2 => vec![maker.project(), not(maker.result())],
                _ => vec![maker.actor()],
            };
            (filter, DESCENDING)
        }));
    }
    lines.push(Line::of(events, "one event by id", Way::Once, |maker| {
        let number = maker.event_with(|draw| draw.id_given).number;
        (vec![], Ask::One(number))
    }));
    lines
}

fn texts(events: &Events) -> Vec<Line> {
    let line = |name, make: fn(&mut Maker<'_>) -> Filter| {
        Line::of(events, name, Way::Once, |maker| (make(maker), DESCENDING))
    };
    vec![
        line("text: a word", |m| vec![Condition::Noun(m.words().1)]),
        line("text: two words", |m| {
            let (adjective, noun) = m.words();
            vec![Condition::Adjective(adjective), Condition::Noun(noun)]
        }),
        line("text: a beginning", |m| {
            vec![Condition::NounPrefix(m.words().1)]
        }),
        line("text: a phrase", |m| {
            let (adjective, noun) = m.words();
            vec![Condition::Phrase(adjective, noun)]
        }),
        line("text: a word, category, a month", |m| {
            vec![Condition::Noun(m.words().1), m.category(), m.days(30)]
        }),
    ]
}

fn counts(events: &Events) -> Vec<Line> {
    let line = |name, ask: Ask, make: fn(&mut Maker<'_>) -> Filter| {
        Line::of(events, name, Way::Once, |maker| (make(maker), ask.clone()))
    };
    let mut lines = vec![
        line("total: category, result, project", TOTAL, |m| {
            vec![m.category(), m.result(), m.project()]
        }),
        line("total: level, kind of actor, a month", TOTAL, |m| {
            vec![m.level(), m.actor_type(), m.days(30)]
        }),
        line("histogram by week: the year", BY_WEEK, |_| vec![]),
        line("histogram by week: category", BY_WEEK, |m| {
            vec![m.category()]
        }),
        line("histogram by week: project, result", BY_WEEK, |m| {
            vec![m.project(), m.result()]
        }),
        line("histogram of 60 days", BY_DAY, |m| vec![m.days(60)]),
        line("histogram of 60 days: actor", BY_DAY, |m| {
            vec![m.days(60), m.actor()]
        }),
        line("histogram of 60 days: level, not a result", BY_DAY, |m| {
            vec![m.days(60), m.level(), not(m.result())]
        }),
        line("facets of four fields: all", FEW, |_| vec![]),
        line("facets of four fields: project", FEW, |m| vec![m.project()]),
        line("facets of four fields: a month, actor", FEW, |m| {
            vec![m.days(30), m.actor()]
        }),
        line("facet of actor.id: all", MANY, |_| vec![]),
        line("facet of actor.id: category", MANY, |m| vec![m.category()]),
        line("facet of actor.id: a week, project", MANY, |m| {
            vec![m.days(7), m.project()]
        }),
    ];
    lines.push(Line::of(
        events,
        "completions of actor.name",
        Way::Once,
        |maker| {
            let person = maker.random.below(PEOPLE as u64) as u32;
            let name = actor_name(person).to_lowercase();
            let letters = name.chars().take(COMPLETED_LETTERS).collect();
            (vec![], Ask::Completions(letters))
        },
    ));
    lines
}

fn not(condition: Condition) -> Condition {
    Condition::Not(Box::new(condition))
}

impl Line {
    pub fn is_of_pages(&self) -> bool {
        let asks = self.questions.first().map(|question| &question.ask);
        matches!(asks, Some(Ask::Page { .. }))
    }

    fn of(
        events: &Events,
        name: &'static str,
        way: Way,
        make: impl Fn(&mut Maker<'_>) -> (Filter, Ask),
    ) -> Self {
        let purpose = name
            .bytes()
            .fold(PURPOSE, |sum, byte| sum * 31 % 65_521 + u64::from(byte));
        let mut questions: Vec<Question> = Vec::new();
        for number in 0..POOL {
            let random = Random::of(1, PURPOSE + purpose, number);
            let mut maker = Maker {
                events,
                random,
                number,
            };
            let (filter, ask) = make(&mut maker);
            let path = path(events, &filter, &ask);
            // Where there is one question only, it is asked again and again.
            if questions.first().is_some_and(|first| first.path == path) && number == 1 {
                break;
            }
            questions.push(Question { filter, ask, path });
        }
        Self {
            name,
            way,
            questions,
        }
    }
}

fn path(events: &Events, filter: &Filter, ask: &Ask) -> String {
    let filter = parameters(filter, events);
    match ask {
        Ask::Page { ascending, limit } => {
            let order = if *ascending { "&order=asc" } else { "" };
            format!("/v1/events?limit={limit}{order}{filter}")
        }
        Ask::Histogram { interval } => {
            format!("/v1/events/histogram?interval={interval}&split_by=category{filter}")
        }
        Ask::Facets(fields) => {
            let names: Vec<&str> = fields.iter().map(|field| field.name()).collect();
            format!("/v1/events/facets?fields={}{filter}", names.join(","))
        }
        Ask::Completions(prefix) => {
            let prefix = encoded(prefix);
            format!("/v1/events/completions?field=actor.name&prefix={prefix}{filter}")
        }
        Ask::One(number) => format!("/v1/events/{}", events.id(&events.draw(*number))),
    }
}

/// Makes the parts of one question.
struct Maker<'e> {
    events: &'e Events,
    random: Random,
    number: u64,
}

impl Maker<'_> {
    const fn even(&self) -> bool {
        self.number.is_multiple_of(2)
    }

    fn event(&mut self) -> Draw {
        self.events.draw(self.random.below(self.events.total()))
    }

    /// An event of some kind. With next to no events there may be none: then it is any.
    fn event_with(&mut self, wanted: impl Fn(&Draw) -> bool) -> Draw {
        const TRIES: usize = 10_000;
        let found = (0..TRIES).map(|_| self.event()).find(wanted);
        found.unwrap_or_else(|| self.event())
    }

    fn any(&mut self, many: usize) -> u32 {
        self.random.below(many as u64) as u32
    }

    fn actor(&mut self) -> Condition {
        match self.even() {
            true => Condition::Actor(self.event().actor),
            false => Condition::Actor(self.any(ACTORS)),
        }
    }

    fn actor_type(&mut self) -> Condition {
        Condition::ActorType(self.event().actor_type())
    }

    fn action(&mut self) -> Condition {
        match self.even() {
            true => Condition::Action(self.event().action),
            false => Condition::Action(self.any(self.events.actions_known.len()) as u16),
        }
    }

    fn category(&mut self) -> Condition {
        match self.even() {
            true => {
                let draw = self.event();
                Condition::Category(self.events.action(&draw).category)
            }
            false => Condition::Category(self.any(self.events.categories.len()) as u16),
        }
    }

    fn result(&mut self) -> Condition {
        match self.even() {
            true => Condition::Result(self.event().result),
            false => Condition::Result(self.any(crate::events::RESULTS.len()) as u8),
        }
    }

    fn level(&mut self) -> Condition {
        let draw = self.event();
        Condition::Level(self.events.action(&draw).entry.level.as_str())
    }

    fn project(&mut self) -> Condition {
        let project = match self.even() {
            true => self.event_with(|draw| draw.project.is_some()).project,
            false => None,
        };
        Condition::Project(project.unwrap_or_else(|| self.any(PROJECTS) as u16))
    }

    fn project_and_actor(&mut self) -> Filter {
        let draw = self.event_with(|draw| draw.project.is_some());
        let project = draw.project.map(Condition::Project);
        project
            .into_iter()
            .chain([Condition::Actor(draw.actor)])
            .collect()
    }

    fn actor_and_action(&mut self) -> Filter {
        let draw = self.event();
        vec![Condition::Actor(draw.actor), Condition::Action(draw.action)]
    }

    /// So many whole days somewhere in the year.
    fn days(&mut self, many: i64) -> Condition {
        let days = (YEAR_END - YEAR_START) / DAY_MICROS;
        let from = YEAR_START + self.random.below((days - many + 1) as u64) as i64 * DAY_MICROS;
        Condition::Between(from, from + many * DAY_MICROS)
    }

    fn metadata(&mut self) -> Condition {
        match self.number % 4 {
            0 => {
                let draw = self.event_with(|draw| draw.team.is_some());
                Condition::Team(draw.team.unwrap_or_default())
            }
            1 => Condition::Model(self.event().model),
            2 => Condition::Team(self.any(TEAMS) as u8),
            _ => Condition::Model(self.any(MODELS) as u16),
        }
    }

    fn target(&mut self) -> Condition {
        let draw = self.event();
        Condition::Target(draw.action, draw.target)
    }

    fn trace(&mut self) -> Condition {
        Condition::Trace(self.event_with(|draw| draw.traced).number)
    }

    fn words(&mut self) -> (usize, usize) {
        match self.even() {
            true => crate::events::target_words(self.event().target),
            false => (
                self.any(ADJECTIVES.len()) as usize,
                self.any(NOUNS.len()) as usize,
            ),
        }
    }
}

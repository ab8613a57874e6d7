//! The people of the company: names, places, teams, and when they are at work.

use jiff::tz::TimeZone;

use super::clock::{self, DAY, Holidays, Local};
use super::draft::Party;
use super::purpose;
use crate::random::{Random, mix};

/// The domain of their addresses, which can belong to nobody.
const DOMAIN: &str = "quillmere.example";
/// Who was there when the year began.
const FOUNDERS: usize = 26;
/// The hours that a working day has.
const WORKDAY_HOURS: i8 = 9;
/// How much people do in each hour of their working day.
const HOUR_WEIGHTS: [f64; WORKDAY_HOURS as usize] = [0.9, 1.3, 1.3, 1.1, 0.35, 1.1, 1.3, 1.1, 0.6];
/// Of so many working days people miss one, because of a cold or a child's.
const SICK_ONE_IN: u64 = 25;
/// Days from one holiday of a person to the next, and how long it is.
const HOLIDAY_EVERY_DAYS: i64 = 120;
const HOLIDAY_DAYS: i64 = 12;
/// How long one person is on call.
const ON_CALL_DAYS: i64 = 7;

/// What somebody works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Team {
    Platform,
    Agents,
    Data,
    Operations,
    Security,
    Administration,
}

/// An office, and the people who live around it.
struct Site {
    zone: &'static str,
    holidays: Holidays,
    people: &'static [(&'static str, Team)],
}

use Team::{Administration, Agents, Data, Operations, Platform, Security};

const EUROPE: Holidays = &[(1, 1), (5, 1), (12, 24), (12, 25), (12, 26), (12, 31)];
const AMERICA: Holidays = &[(1, 1), (7, 4), (11, 26), (11, 27), (12, 24), (12, 25)];
const BRAZIL: Holidays = &[(1, 1), (4, 21), (5, 1), (9, 7), (10, 12), (12, 25)];
const AFRICA: Holidays = &[(1, 1), (5, 1), (6, 12), (10, 1), (12, 25), (12, 26)];
const INDIA: Holidays = &[(1, 26), (8, 15), (10, 2), (12, 25)];
const ASIA: Holidays = &[(1, 1), (1, 2), (5, 1), (8, 9), (12, 25)];
const AUSTRALIA: Holidays = &[(1, 1), (1, 26), (4, 25), (12, 25), (12, 26)];

const SITES: [Site; 9] = [
    Site {
        zone: "Europe/Berlin",
        holidays: EUROPE,
        people: &[
            ("Ingrid Dahl", Administration),
            ("Jonas Keller", Platform),
            ("Lena Fuchs", Agents),
            ("Stefan Vogel", Platform),
            ("Katarzyna Nowak", Data),
            ("Emma Richter", Operations),
            ("Nikolai Petrov", Security),
            ("Hana Novak", Agents),
            ("Felix Bauer", Platform),
            ("Elif Arslan", Operations),
            ("Anders Holm", Data),
            ("Julia Neumann", Operations),
            ("Jakub Kowalski", Platform),
            ("Petra Horvat", Administration),
            ("Erik Lindberg", Agents),
            ("Astrid Sorensen", Security),
            ("Thomas Becker", Data),
            ("Olga Sokolov", Agents),
        ],
    },
    Site {
        zone: "America/New_York",
        holidays: AMERICA,
        people: &[
            ("Grace Bennett", Security),
            ("Daniel Cohen", Platform),
            ("Sara Phillips", Operations),
            ("Mateo Rivera", Agents),
            ("Oscar Lund", Operations),
            ("Chloe Turner", Data),
            ("Isaac Green", Platform),
            ("Naomi Walker", Administration),
            ("James Murphy", Agents),
            ("Alice Thompson", Operations),
            ("Javier Torres", Platform),
            ("Laura King", Data),
            ("David Lee", Agents),
            ("Zoe Clark", Operations),
            ("Noah Roberts", Security),
            ("Lucia Flores", Agents),
            ("Marco Gallo", Data),
            ("Anna White", Operations),
        ],
    },
    Site {
        zone: "Europe/London",
        holidays: EUROPE,
        people: &[
            ("Amara Okafor", Security),
            ("Liam Doyle", Platform),
            ("Aisha Khan", Agents),
            ("Ben Hughes", Operations),
            ("Helena Price", Administration),
            ("Samir Haddad", Data),
            ("Camille Laurent", Agents),
            ("Omar Farouk", Platform),
            ("Mia Wright", Operations),
            ("Tariq Ahmed", Data),
            ("Sofia Romano", Operations),
            ("Rafael Costa", Agents),
            ("Chiara Conti", Data),
            ("Gabriel Moreau", Platform),
        ],
    },
    Site {
        zone: "America/Los_Angeles",
        holidays: AMERICA,
        people: &[
            ("Jia Huang", Agents),
            ("Carlos Vargas", Platform),
            ("Emeka Mensah", Data),
            ("Diego Ramos", Agents),
            ("Nadia Rahman", Security),
            ("Wei Lin", Platform),
            ("Ana Lopez", Operations),
            ("Victor Nguyen", Agents),
            ("Maria Garcia", Operations),
            ("Kenji Ito", Data),
            ("Teresa Cruz", Operations),
            ("Adam Chan", Platform),
        ],
    },
    Site {
        zone: "America/Sao_Paulo",
        holidays: BRAZIL,
        people: &[
            ("Beatriz Almeida", Agents),
            ("Bruno Cardoso", Platform),
            ("Ines Barbosa", Operations),
            ("Joao Silva", Data),
            ("Paulo Santos", Platform),
            ("Rosa Pereira", Operations),
            ("Ivan Mendes", Agents),
            ("Helena Duarte", Data),
            ("Alejandro Gomes", Operations),
            ("Livia Araujo", Agents),
        ],
    },
    Site {
        zone: "Africa/Lagos",
        holidays: AFRICA,
        people: &[
            ("Ada Obi", Agents),
            ("Femi Adeyemi", Platform),
            ("Kofi Danso", Data),
            ("Yara Diallo", Operations),
            ("Malik Kamara", Platform),
            ("Uma Okoye", Operations),
            ("Leila Osei", Agents),
            ("Bilal Owusu", Security),
            ("Grace Mwangi", Operations),
            ("Noah Mbeki", Data),
        ],
    },
    Site {
        zone: "Asia/Kolkata",
        holidays: INDIA,
        people: &[
            ("Priya Nair", Agents),
            ("Arjun Mehta", Platform),
            ("Neha Sharma", Operations),
            ("Ravi Iyer", Data),
            ("Deepa Reddy", Security),
            ("Anil Kapoor", Platform),
            ("Uma Pillai", Agents),
            ("Rohan Joshi", Operations),
            ("Meera Desai", Data),
            ("Karim Qureshi", Agents),
            ("Divya Rao", Operations),
            ("Vikram Singh", Platform),
            ("Asha Banerjee", Administration),
            ("Nikhil Gupta", Data),
            ("Sunita Verma", Operations),
            ("Aditya Bose", Agents),
        ],
    },
    Site {
        zone: "Asia/Tokyo",
        holidays: ASIA,
        people: &[
            ("Ayumi Tanaka", Agents),
            ("Kaito Yamamoto", Platform),
            ("Hiroshi Sato", Security),
            ("Mei Kimura", Operations),
            ("Jin Park", Data),
            ("Yuki Hayashi", Agents),
            ("Naomi Saito", Operations),
            ("Chen Wang", Platform),
            ("Hana Suzuki", Data),
            ("Ren Fujita", Operations),
            ("Sora Aoki", Agents),
            ("Emi Kato", Operations),
        ],
    },
    Site {
        zone: "Australia/Sydney",
        holidays: AUSTRALIA,
        people: &[
            ("Rania Hall", Platform),
            ("Lars Evans", Operations),
            ("Maja Smith", Agents),
            ("Dmitri Popov", Data),
            ("Francesca Ricci", Operations),
            ("Tom Abbott", Platform),
            ("Elena Rossi", Security),
            ("Hassan Ali", Data),
            ("Jana Olsen", Operations),
            ("Paolo Greco", Agents),
        ],
    },
];

const BROWSERS: [&str; 6] = [
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Safari/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/136.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:138.0) Gecko/20100101 Firefox/138.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/136.0.0.0 Safari/537.36",
    "quillmere-cli/3.8.1 (darwin; arm64)",
    "quillmere-cli/3.7.0 (linux; amd64)",
];

/// Somebody who works at the company.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) name: &'static str,
    pub(super) id: String,
    pub(super) email: String,
    pub(super) team: Team,
    pub(super) user_agent: &'static str,
    /// Days after the year began at which they joined.
    pub(super) joined_day: i64,
    /// Who makes how much of the noise.
    zeal: f64,
    number: usize,
    site: usize,
    starts_at: i8,
}

impl Person {
    /// As an actor, a target or a principal.
    pub(super) fn party(&self) -> Party {
        let mut party = Party::new("user", &*self.id, self.name);
        party.email = Some(self.email.clone());
        party
    }

    /// From where they work on a day: the office, or home.
    pub(super) fn ip(&self, day: i64) -> String {
        if mix(day as u64 ^ (self.number as u64) << 20).is_multiple_of(3) {
            return format!("2001:db8:{:x}:{:x}::1", 16 + self.site, self.number + 1);
        }
        format!("198.51.100.{}", 10 + self.site)
    }
}

/// All of them, and their calendars.
#[derive(Debug)]
pub(super) struct People {
    seed: u64,
    pub(super) all: Vec<Person>,
    zones: Vec<(TimeZone, Holidays)>,
    on_call: Vec<usize>,
}

impl People {
    pub(super) fn new(seed: u64) -> Self {
        let zones = SITES.map(|site| (clock::zone(site.zone), site.holidays));
        let mut all: Vec<Person> = Vec::new();
        // One of each site in turn, so that the company grows everywhere.
        let most = SITES.iter().map(|site| site.people.len()).max();
        for row in 0..most.unwrap_or_default() {
            for (place, site) in SITES.iter().enumerate() {
                if let Some(&(name, team)) = site.people.get(row) {
                    all.push(person(seed, all.len(), name, team, place));
                }
            }
        }
        let newcomers = all.len().saturating_sub(FOUNDERS).max(1);
        for (number, person) in all.iter_mut().enumerate().skip(FOUNDERS) {
            person.joined_day = (3 + (number - FOUNDERS) * 350 / newcomers) as i64;
        }
        let on_call = (0..FOUNDERS).filter(|&number| all[number].team == Platform);
        Self {
            seed,
            on_call: on_call.collect(),
            zones: zones.into(),
            all,
        }
    }

    /// The person of that name, who must be there.
    pub(super) fn named(&self, name: &str) -> &Person {
        let place = self.all.iter().position(|person| person.name == name);
        debug_assert!(place.is_some(), "nobody is called {name}");
        &self.all[place.unwrap_or_default()]
    }

    /// What calendar and watch show somebody.
    pub(super) fn local(&self, person: &Person, micros: i64) -> Local {
        let (zone, holidays) = &self.zones[person.site];
        clock::local(zone, holidays, micros)
    }

    /// When it is so many minutes after midnight where somebody lives, on a day since 1970.
    pub(super) fn at_local(&self, person: &Person, day: i64, minutes: i64) -> i64 {
        clock::at_local(&self.zones[person.site].0, day, minutes)
    }

    /// How busy somebody is in the hour that begins then (0: not at work), and which hour of the working day
    /// it is.
    pub(super) fn at_work(
        &self,
        person: &Person,
        since_start: i64,
        hour: i64,
    ) -> Option<(f64, Local, i8)> {
        if since_start < person.joined_day * DAY {
            return None;
        }
        let local = self.local(person, hour);
        let of_workday = local.hour - person.starts_at;
        if !local.is_workday
            || !(0..WORKDAY_HOURS).contains(&of_workday)
            || self.is_away(person, local.day)
        {
            return None;
        }
        let weight = HOUR_WEIGHTS[of_workday as usize] * person.zeal;
        Some((weight, local, of_workday))
    }

    fn is_away(&self, person: &Person, day: i64) -> bool {
        let number = person.number as u64;
        let mut sick = Random::of(self.seed, purpose::SICK, mix(number) ^ day as u64);
        let span = day.div_euclid(HOLIDAY_EVERY_DAYS);
        let mut holiday = Random::of(self.seed, purpose::HOLIDAY, mix(number) ^ span as u64);
        let begins = holiday.below((HOLIDAY_EVERY_DAYS - HOLIDAY_DAYS) as u64) as i64;
        let of_span = day.rem_euclid(HOLIDAY_EVERY_DAYS);
        (begins..begins + HOLIDAY_DAYS).contains(&of_span) || sick.below(SICK_ONE_IN) == 0
    }

    /// Who is called at night.
    pub(super) fn on_call(&self, micros: i64) -> &Person {
        let week = micros.div_euclid(ON_CALL_DAYS * DAY) as usize;
        &self.all[self.on_call[week % self.on_call.len()]]
    }

    /// Somebody who is there already, by chance.
    pub(super) fn anybody(&self, since_start: i64, random: &mut Random) -> &Person {
        let day = since_start.div_euclid(DAY);
        let there = self.all.partition_point(|person| person.joined_day <= day);
        &self.all[random.below(there.max(1) as u64) as usize]
    }
}

fn person(seed: u64, number: usize, name: &'static str, team: Team, site: usize) -> Person {
    let mut random = Random::of(seed, purpose::PERSON, number as u64);
    Person {
        name,
        id: format!("usr_{}", 1001 + number),
        email: format!("{}@{DOMAIN}", name.to_lowercase().replace(' ', ".")),
        team,
        user_agent: BROWSERS[random.below(BROWSERS.len() as u64) as usize],
        joined_day: 0,
        zeal: 0.5 + random.part(),
        number,
        site,
        starts_at: 8 + random.below(2) as i8,
    }
}

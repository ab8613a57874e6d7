//! The flags that say which events are meant, the same for every command that asks.
//!
//! They are handed on as they are: the server knows what is right, and says so better.

use clap::Args;

use super::client::Parameter;

/// Which events are meant. All that is given has to hold.
#[derive(Debug, Args)]
#[command(next_help_heading = "Which events")]
pub(super) struct Filters {
    /// Words that must occur, the last one as a prefix; "a b" for a phrase; field:value,
    /// -field:value
    #[arg(value_name = "TEXT", help_heading = None)]
    text: Option<String>,
    /// The same as TEXT
    #[arg(long, value_name = "TEXT", conflicts_with = "text")]
    q: Option<String>,
    /// field:is:value or field:is_not:value; may be repeated
    #[arg(long, value_name = "FILTER")]
    filter: Vec<String>,
    /// How the filters join: all or any
    #[arg(long, value_name = "HOW")]
    r#match: Option<String>,
    /// A pattern such as role.*; repeated: any of them
    #[arg(long, value_name = "PATTERN")]
    action: Vec<String>,
    /// "Agent Operations", "Policy Changes", "User Actions", "Security Events" or "System
    /// Events"; repeated: any of them
    #[arg(long, value_name = "TYPE")]
    event_type: Vec<String>,
    /// success, failed, denied, warning, approved or allowed; repeated: any of them
    #[arg(long, value_name = "RESULT")]
    result: Vec<String>,
    /// organization, project, tool, workflow or agent; repeated: any of them
    #[arg(long, value_name = "LEVEL")]
    level: Vec<String>,
    /// Only this project
    #[arg(long, value_name = "ID")]
    project_id: Option<String>,
    /// attempt or outcome
    #[arg(long, value_name = "PHASE")]
    phase: Option<String>,
    /// open: attempts that have no outcome
    #[arg(long, value_name = "STATE")]
    attempt: Option<String>,
    /// Evident's own records of reading the log: exclude or include
    #[arg(long, value_name = "WHETHER")]
    reads: Option<String>,
    /// today, last_7_days, last_30_days, this_month, all_time and so on
    #[arg(long, value_name = "RANGE")]
    range: Option<String>,
    /// Not before this: an RFC 3339 time, or a date
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Before this: an RFC 3339 time, or a date
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// The time zone of dates and ranges, and of the times in a table
    #[arg(long, value_name = "ZONE")]
    tz: Option<String>,
    /// monday or sunday
    #[arg(long, value_name = "DAY")]
    week_start: Option<String>,
}

impl Filters {
    /// The parameters, as the API calls them.
    pub(super) fn parameters(&self) -> Vec<Parameter> {
        let once = [
            ("q", self.text.as_ref().or(self.q.as_ref())),
            ("match", self.r#match.as_ref()),
            ("project_id", self.project_id.as_ref()),
            ("phase", self.phase.as_ref()),
            ("attempt", self.attempt.as_ref()),
            ("reads", self.reads.as_ref()),
            ("range", self.range.as_ref()),
            ("from", self.from.as_ref()),
            ("to", self.to.as_ref()),
            ("tz", self.tz.as_ref()),
            ("week_start", self.week_start.as_ref()),
        ];
        let repeated = [
            ("filter", &self.filter),
            ("action", &self.action),
            ("event_type", &self.event_type),
            ("result", &self.result),
            ("level", &self.level),
        ];
        let once = once
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?.clone())));
        let repeated = repeated
            .into_iter()
            .flat_map(|(name, values)| values.iter().map(move |value| (name, value.clone())));
        once.chain(repeated).collect()
    }

    /// The text that stands alone, if one does.
    pub(super) fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// The zone that times are asked and shown in, if one was given.
    pub(super) fn zone(&self) -> Option<&str> {
        self.tz.as_deref()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Arguments {
        #[command(flatten)]
        filters: Filters,
    }

    fn parameters(arguments: &[&str]) -> Vec<Parameter> {
        let arguments = [&["test"], arguments].concat();
        Arguments::try_parse_from(arguments)
            .unwrap()
            .filters
            .parameters()
    }

    #[test]
    fn every_flag_becomes_the_parameter_of_its_name_unchanged() {
        let flags = [
            "project_id",
            "level",
            "range",
            "from",
            "to",
            "tz",
            "week_start",
            "filter",
            "match",
            "action",
            "event_type",
            "result",
            "phase",
            "attempt",
            "q",
            "reads",
        ];
        for name in flags {
            let flag = format!("--{}", name.replace('_', "-"));
            // The server is the judge of values.
            let value = " A:b*  ü&=%";
            let given = parameters(&[&flag, value]);
            assert_eq!(given, [(name, value.to_owned())]);
        }
    }

    #[test]
    fn what_the_api_takes_repeatedly_is_kept_in_order() {
        for name in ["level", "filter", "action", "event_type", "result"] {
            let flag = format!("--{}", name.replace('_', "-"));
            let given = parameters(&[&flag, "b", &flag, "a", &flag, "b"]);
            let values: Vec<&str> = given.iter().map(|(_, value)| value.as_str()).collect();
            assert_eq!(values, ["b", "a", "b"], "{name}");
        }
    }

    #[test]
    fn the_text_may_stand_alone_but_not_twice() {
        assert_eq!(parameters(&["a b"]), [("q", "a b".to_owned())]);
        assert_eq!(parameters(&["--", "-x:y"]), [("q", "-x:y".to_owned())]);
        assert_eq!(parameters(&["--q=-x:y"]), [("q", "-x:y".to_owned())]);
        for wrong in [
            &["a", "b"][..],
            &["a", "--q", "b"],
            &["--tz", "a", "--tz", "b"],
        ] {
            let arguments = [&["test"], wrong].concat();
            assert!(Arguments::try_parse_from(arguments).is_err(), "{wrong:?}");
        }
    }
}

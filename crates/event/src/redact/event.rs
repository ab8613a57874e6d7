//! Which members of an event are cleaned, and how.
//!
//! Free text and free-form data are searched for everything. What names or identifies somebody or
//! something is searched only for what can be nothing but a credential. What the record defines as an
//! identifier, a time or one of a few words is left alone: it is what events are found by.

use std::borrow::Cow;

use crate::catalog::Entry;
use crate::json::{Json, Members, place_of};
use crate::record::{MAX_DESCRIPTION_BYTES, MAX_PATH_BYTES, MAX_REASON_BYTES, MAX_TERM_BYTES};

use super::walk::{Place, Verdict};
use super::{Cleaning, PLACEHOLDER_BYTES, Reading, TooManySecrets};

const _: () = assert!(PLACEHOLDER_BYTES <= MAX_TERM_BYTES);

type Done = Result<(), TooManySecrets>;

pub(super) fn clean(
    cleaning: &mut Cleaning<'_>,
    members: &mut Members<'_>,
    entry: Option<&Entry>,
) -> Done {
    for (name, value) in members.iter_mut() {
        let place = Place::top(name);
        match (&**name, value) {
            ("actor", party) => cleaning.party(party, &place)?,
            ("on_behalf_of" | "targets", Json::Array(parties)) => {
                for party in parties {
                    cleaning.party(party, &place)?;
                }
            }
            ("metadata", Json::Object(metadata)) => cleaning.metadata(metadata, entry, &place)?,
            ("changes", Json::Array(changes)) => {
                for change in changes {
                    cleaning.change(change, entry, &place)?;
                }
            }
            ("request", Json::Object(request)) => cleaning.request(request, &place)?,
            ("context", Json::Object(context)) => {
                if let Some(user_agent) = find(context, "user_agent") {
                    cleaning.term(user_agent)?;
                }
            }
            ("description", Json::String(text)) => {
                cleaning.bounded_text(text, Reading::Text, MAX_DESCRIPTION_BYTES)?;
            }
            ("reason", Json::String(text)) => {
                cleaning.bounded_text(text, Reading::Text, MAX_REASON_BYTES)?;
            }
            _ => {}
        }
    }
    Ok(())
}

impl Cleaning<'_> {
    fn party(&mut self, party: &mut Json<'_>, place: &Place<'_>) -> Done {
        let Json::Object(members) = party else {
            return Ok(());
        };
        for (name, value) in members {
            match &**name {
                "email" | "id" | "name" => self.term(value)?,
                "metadata" => self.searched(value, Reading::Text, &place.member("metadata"))?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Cleans a value that names something.
    fn term(&mut self, value: &mut Json<'_>) -> Done {
        match value {
            Json::String(text) => self.bounded_text(text, Reading::Identifier, MAX_TERM_BYTES),
            _ => Ok(()),
        }
    }

    /// Cleans the event's own metadata, of which the catalog may know the types.
    fn metadata(
        &mut self,
        metadata: &mut Members<'_>,
        entry: Option<&Entry>,
        place: &Place<'_>,
    ) -> Done {
        let labelled = self.secret_label(metadata, place);
        for (name, value) in metadata.iter_mut() {
            let place = place.member(name);
            if is_secret_field(entry, name) == Some(true) {
                self.secret(value, None)?;
                continue;
            }
            let verdict = self.verdict(name, entry, &place, labelled);
            self.judged(value, verdict, &place)?;
        }
        self.names(metadata)
    }

    /// What the name of metadata says. The catalog is above the built-in
    /// names, the organization's own rules above the catalog.
    fn verdict(
        &self,
        name: &str,
        entry: Option<&Entry>,
        place: &Place<'_>,
        labelled: bool,
    ) -> Verdict {
        let mut verdict = self.labelled(place, Reading::Text, labelled);
        let is_own = self.redactor.names.has_own(name);
        if verdict == Verdict::Secret && !is_own && is_secret_field(entry, name) == Some(false) {
            verdict = Verdict::Searched(Reading::Text);
        }
        verdict
    }

    fn change(&mut self, change: &mut Json<'_>, entry: Option<&Entry>, place: &Place<'_>) -> Done {
        let Json::Object(members) = change else {
            return Ok(());
        };
        let mut field = Cow::Borrowed("");
        if let Some(value) = find(members, "field") {
            if let Json::String(sent) = &*value {
                field = sent.clone();
            }
            self.term(value)?;
        }
        let key = field.strip_prefix("metadata.").unwrap_or(&field);
        let is_secret = is_secret_field(entry, key) == Some(true);
        let is_known = is_secret_field(entry, key).is_some() && !self.redactor.names.has_own(key);
        let segments = segments(&field);
        for name in ["old", "new"] {
            match find(members, name) {
                Some(value) if is_secret => self.secret(value, None)?,
                Some(value) if is_known => self.searched(value, Reading::Text, place)?,
                Some(value) => {
                    self.changed(value, &segments, Verdict::Searched(Reading::Text), place)?;
                }
                None => {}
            }
        }
        Ok(())
    }

    /// Cleans the value of a field that is a path: it is secret if any part of the path names a
    /// secret, as it would be within the object that the path leads through.
    fn changed(
        &mut self,
        value: &mut Json<'_>,
        segments: &[&str],
        verdict: Verdict,
        place: &Place<'_>,
    ) -> Done {
        let Some((first, rest)) = segments.split_first() else {
            return self.judged(value, verdict, place);
        };
        let place = place.member(first);
        let judged = self.redactor.judge(&place, Reading::Text);
        let verdict = match verdict {
            Verdict::Secret if !self.redactor.excepts(&place) => Verdict::Secret,
            _ => judged,
        };
        self.changed(value, rest, verdict, &place)
    }

    fn request(&mut self, request: &mut Members<'_>, place: &Place<'_>) -> Done {
        for (name, value) in request {
            match (&**name, value) {
                ("method", method) => self.term(method)?,
                ("body" | "response", value) => {
                    self.searched(value, Reading::Text, &place.member(name))?;
                }
                ("path", Json::String(path)) => {
                    let sent = path.clone();
                    self.path(path)?;
                    self.within(path, &sent, MAX_PATH_BYTES);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Whether the catalog says that metadata is secret; nothing if it does not know it.
fn is_secret_field(entry: Option<&Entry>, key: &str) -> Option<bool> {
    entry?.field(key).map(|field| field.secret)
}

/// The names in a path such as `auth.token`, `/auth/token` or `auth[0].token`. A field has at most
/// [`MAX_TERM_BYTES`], so there are at most half as many, which bounds the recursion over them.
fn segments(field: &str) -> Vec<&str> {
    let parts = field.split(['.', '/', '[', ']']);
    let is_name = |part: &&str| !part.bytes().all(|byte| byte.is_ascii_digit());
    parts.filter(is_name).collect()
}

fn find<'m, 'a>(members: &'m mut Members<'a>, name: &str) -> Option<&'m mut Json<'a>> {
    let place = place_of(members, name)?;
    members.get_mut(place).map(|(_, value)| value)
}

//! The names of fields: those that every event may have, and those that one event has.
//!
//! It must hold that each name given here is read back as a field, and that an event has a value
//! for each name of its own.

use std::collections::BTreeSet;

use super::field::{Holds, MAX_PATH_BYTES, ROOTS, Root, push_escaped};
use crate::json::Json;

/// The fields that are the same for every event, in alphabetical order.
pub fn known() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for root in ROOTS {
        if !root.alone.is_empty() || matches!(root.holds, Holds::Scalar) {
            names.insert(root.name.to_owned());
        }
        if let Holds::Members(members) = root.holds {
            let scalars = members
                .iter()
                .filter(|member| matches!(member.holds, Holds::Scalar));
            names.extend(scalars.map(|member| format!("{}.{}", root.name, member.name)));
        }
    }
    names
}

/// The fields that an event has a value for, in alphabetical order.
pub fn of(event: &Json<'_>) -> BTreeSet<String> {
    let mut names = BTreeSet::from(["index".to_owned()]);
    for (member, value) in event.as_object().unwrap_or_default() {
        names.extend(of_member(member, value));
    }
    names
}

/// Those that it has because of one member of the record.
pub(super) fn of_member(member: &str, value: &Json<'_>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for root in ROOTS.iter().filter(|root| root.places.contains(&member)) {
        add_root(root, value, &mut names);
    }
    names
}

fn add_root(root: &Root, value: &Json<'_>, names: &mut BTreeSet<String>) {
    if let Some(items) = value.as_array() {
        items.iter().for_each(|item| add_root(root, item, names));
        return;
    }
    let is_known_by = |member: &&str| value.get(member).is_some_and(has_scalar);
    if root.alone.iter().any(is_known_by) {
        names.insert(root.name.to_owned());
    }
    match root.holds {
        Holds::Scalar => add_leaves(root.name.to_owned(), value, false, names),
        Holds::Anything => add_leaves(root.name.to_owned(), value, true, names),
        Holds::NotIndexed => {}
        Holds::Members(members) => {
            for member in members {
                let name = format!("{}.{}", root.name, member.name);
                match (member.holds, value.get(member.name)) {
                    (Holds::Scalar, Some(value)) => add_leaves(name, value, false, names),
                    (Holds::Anything, Some(value)) => add_leaves(name, value, true, names),
                    _ => {}
                }
            }
        }
    }
}

fn has_scalar(value: &Json<'_>) -> bool {
    match value.as_array() {
        Some(items) => items.iter().any(has_scalar),
        None => value.scalar_text().is_some(),
    }
}

/// Adds the path of every scalar below a value. Recurses as deep as the value is nested, which the
/// parser has bounded.
fn add_leaves(name: String, value: &Json<'_>, any_key: bool, names: &mut BTreeSet<String>) {
    if name.len() > MAX_PATH_BYTES {
        return;
    }
    if let Some(items) = value.as_array() {
        for item in items {
            add_leaves(name.clone(), item, any_key, names);
        }
    } else if let Some(members) = value.as_object().filter(|_| any_key) {
        for (key, inner) in members.iter().filter(|(key, _)| !key.is_empty()) {
            let mut inner_name = format!("{name}.");
            push_escaped(&mut inner_name, key);
            add_leaves(inner_name, inner, any_key, names);
        }
    } else if value.scalar_text().is_some() {
        names.insert(name);
    }
}

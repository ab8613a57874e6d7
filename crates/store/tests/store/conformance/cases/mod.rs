//! The contract of the query, sentence by sentence.

mod actions;
mod attempts;
mod completions;
mod facets;
mod fields;
mod filters;
mod following;
mod histograms;
mod pages;
mod scopes;
mod terms;
mod texts;
mod times;

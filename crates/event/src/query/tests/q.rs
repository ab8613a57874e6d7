//! The grammar of `q`, sentence by sentence.

use proptest::prelude::*;

use super::*;

/// Whether `q` finds [`EVENT`].
#[track_caller]
fn q(text: &str) -> bool {
    finds(&[("q", text)])
}

/// What `q` alone asks for, as parameters of their own would.
#[track_caller]
fn same(text: &str, parameters: &[(&str, &str)]) {
    assert_eq!(query(&[("q", text)]), query(parameters), "{text}");
}

#[test]
fn words_are_looked_for_in_every_searched_text() {
    for word in [
        "agent",
        "updated",
        "guardrail",
        "ada",
        "obi",
        "example",
        "com",
        "pii",
        "g_7",
        "agt_3",
        "now",
    ] {
        assert!(q(&format!("{word} ada")), "{word}");
    }
    for elsewhere in [
        "prj_1",
        "usr_1",
        "gpu",
        "curl",
        "success",
        "bo",
        "threshold",
    ] {
        assert!(!q(&format!("{elsewhere} ada")), "{elsewhere}");
    }
}

#[test]
fn all_words_must_occur_in_any_of_the_fields() {
    assert!(q("created ada pii"));
    assert!(!q("created ada pii missing"));
}

#[test]
fn a_word_is_a_run_of_letters_digits_and_underscores() {
    assert!(q("ada@example.com"));
    assert!(q("com.example/ada!"));
    assert!(q("(guardrail) - for: now"));
    assert!(!q("g 7"), "g_7 is one word");
    assert!(!q("g7"));
}

#[test]
fn words_ignore_case() {
    assert!(q("ADA Pii CREATED"));
}

#[test]
fn the_last_word_may_be_the_beginning_of_one() {
    assert!(q("ada guardr"));
    assert!(!q("guardr ada"));
    assert!(q("guardr"));
    assert!(!q("uardrail"), "only the beginning");
    assert!(q("guardr user:\"Ada Obi\""), "the last that is a word");
    assert!(q("guardr \"ada\""), "or the last that is in no quotes");
    assert!(!q("\"guardr\""));
}

#[test]
fn words_in_quotes_stand_next_to_each_other_in_one_field() {
    assert!(q("\"created guardrail\""));
    assert!(q("\"Guardrail: for agent\""));
    assert!(
        q("\"ada example\""),
        "an e-mail address is two words and more"
    );
    assert!(!q("\"guardrail created\""));
    assert!(!q("\"created for\""));
    assert!(!q("\"obi ada\""), "the name and the address are two texts");
    assert!(!q("\"pii g_7\""));
    assert!(!q("\"created guardr\""));
}

#[test]
fn an_open_quote_ends_with_the_text() {
    assert!(q("\"created guardr"));
    assert!(!q("\"reated guardrail"));
    assert!(q("user:\"Ada Obi"));
    assert!(q("ada\"created guardrail"));
}

#[test]
fn field_and_value_are_a_filter() {
    same(
        "category:Guardrails",
        &[("filter", "category:is:Guardrails")],
    );
    same("-result:success", &[("filter", "result:is_not:success")]);
    same("user:\"Ada Obi\"", &[("filter", "user:is:Ada Obi")]);
    same(
        "event:\"Guardrail Changed\"",
        &[("filter", "event:is:Guardrail Changed")],
    );
    same(
        r"metadata.a\.b\:c\\d:odd",
        &[("filter", r"metadata.a\.b\:c\\d:is:odd")],
    );
    same(r"metadata.my\ key:x", &[("filter", "metadata.my key:is:x")]);
    same(
        "context.ip:2001:db8::7",
        &[("filter", "context.ip:is:2001:db8::7")],
    );
    same("metadata.empty:\"\"", &[("filter", "metadata.empty:is:")]);
    same(
        r#"reason:"say \"no\" \\ \n""#,
        &[("filter", r#"reason:is:say "no" \ \n"#)],
    );
    same(
        "action:role.* -result:success",
        &[("action", "role.*"), ("filter", "result:is_not:success")],
    );
}

#[test]
fn a_star_is_any_run_of_characters() {
    for text in [
        "action:guardrail.*",
        "action:*.updated",
        "user:*OBI",
        "user:\"ada o\"*",
        "user:\"ada o*\"",
        "user:\"*A O\"*i",
        "context.ip:2001:*:7",
        "target.id:*",
        "-metadata.off:*",
        "-action:role.*",
    ] {
        assert!(q(text), "{text}");
    }
    for text in [
        "action:Guardrail.*",
        "user:\"ada \\*\"",
        "user:ada *",
        "metadata.off:*",
        "-target.id:g*",
    ] {
        assert!(!q(text), "{text}");
    }
}

#[test]
fn what_is_no_known_field_is_text() {
    same("foo:bar", &[("q", "foo bar")]);
    same("http://ada", &[("q", "http ada")]);
    same("user.name:ada", &[("q", "user name ada")]);
    same("category:", &[("q", "category")]);
    same("category: Guardrails", &[("q", "category guardrails")]);
    same("-guardrail", &[("q", "guardrail")]);
    same(":x", &[("q", "x")]);
    same("metadata:x", &[("q", "metadata x")]);
    same(r"C:\Temp\x", &[("q", "c temp x")]);
    assert!(q("now: for guardrail:created"));
}

#[test]
fn no_words_ask_for_nothing() {
    for text in ["", " ", "--", "\"\"", "\"", "*", ". : !"] {
        same(text, &[]);
    }
}

#[test]
fn fields_that_cannot_be_asked_for_are_refused() {
    for (text, code) in [
        ("request.body:x", "not_indexed"),
        ("ada -changes.old:1", "not_indexed"),
        ("id:0198*", "exact_only"),
        ("context.trace_id:*", "exact_only"),
        ("-context.span_id:a*", "exact_only"),
    ] {
        let error = refused(&[("q", text)]);
        assert_eq!(
            (error.code, error.parameter.as_str()),
            (code, "q"),
            "{text}"
        );
    }
    assert!(q("id:01980000-0000-7000-8000-000000000001"));
    assert!(q("context.trace_id:tr_1"));
    let long = "v".repeat(MAX_FILTER_VALUE_BYTES + 1);
    let error = refused(&[("q", &format!("user:{long}"))]);
    assert_eq!(
        (error.code, error.parameter.as_str()),
        ("value_too_long", "q")
    );
}

#[test]
fn the_number_of_words_is_bounded() {
    let words = |count: usize| vec!["a"; count].join(" ");
    assert!(!q(&words(MAX_Q_WORDS)));
    for text in [
        words(MAX_Q_WORDS + 1),
        format!("\"{}\"", words(MAX_Q_WORDS + 1)),
    ] {
        assert_eq!(refused(&[("q", &text)]).code, "too_many_words");
    }
}

#[test]
fn the_parts_of_a_query_join_by_and() {
    assert!(finds(&[
        ("q", "ada"),
        ("action", "guardrail.*"),
        ("result", "success")
    ]));
    assert!(!finds(&[("q", "ada"), ("action", "role.*")]));
    assert!(!finds(&[
        ("q", "bob"),
        ("filter", "result:is:success"),
        ("match", "any")
    ]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_text_is_a_query_or_refused_with_a_reason(text in "[a-c:\"\\\\* .\\-ß]{0,24}|(-?(user|action|id|request\\.body|metadata\\.[a\\\\ ]{1,3}):[a\" *\\\\]{0,5} ?){1,4}") {
        match parsed(&[("q", &text)]) {
            Ok((query, _)) => {
                prop_assert_eq!(query.fingerprint(), query.clone().fingerprint());
                query.matches(&Candidate { event: &json(EVENT), index: 0, has_outcome: false });
            }
            Err(error) => prop_assert!(["not_indexed", "exact_only"].contains(&error.code)),
        }
    }

    #[test]
    fn every_value_can_be_written_in_quotes(value in "[a\"\\\\*: \n]{0,9}") {
        let quoted = value.replace('\\', r"\\").replace('"', "\\\"").replace('*', r"\*");
        let asked = query(&[("q", &format!("reason:\"{quoted}\""))]);
        prop_assert_eq!(asked, query(&[("filter", &format!("reason:is:{value}"))]));
    }

    #[test]
    fn words_are_found_whatever_stands_between_them(words in proptest::collection::vec("[a-z_é1]{1,4}", 1..5), gap in "[ .,:/\\-]{1,3}") {
        let event = format!(
            r#"{{"organization_id": "org_1", "description": "{}"}}"#,
            words.join(&gap)
        );
        let mut shuffled = words.clone();
        shuffled.reverse();
        for text in [words.join(" "), shuffled.join(" "), format!("\"{}\"", words.join(" "))] {
            let found = matches(&query(&[("q", &text)]), &json(&event), 0);
            prop_assert!(found, "{} in {}", text, event);
        }
    }
}

//! What is secret by the name it stands under.

use super::*;

#[test]
fn names_are_compared_normalized_and_whole() {
    for name in [
        "apiKey",
        "api_key",
        "API-Key",
        "api key",
        "x-api-key",
        "X_API_KEY",
        "APIKEY",
        "password",
        "Password",
        "passWord",
        "token",
        "Authorization",
        "Set-Cookie",
        "clientSecret",
        "OPENAI_API_KEY",
        "dbPassword",
        "new_password",
        "STRIPE_SECRET_KEY",
        "github_token",
        "connectionString",
        "credentials",
        "private_key",
        "refreshToken",
        "id_token",
        "pwd",
        "_password_",
        "cvv",
    ] {
        let event = cleaned(&json!({"request": {"body": {name: "hunter2"}}}));
        let placeholder = placeholder_of("hunter2");
        assert_eq!(event["request"]["body"][name], json!(placeholder), "{name}");
    }
}

#[test]
fn scalars_under_a_secret_name_go_as_a_whole() {
    let event = cleaned(&json!({"metadata": {"password": {
        "text": "a b c", "number": 1234, "fraction": 0.5, "none": null, "yes": true, "empty": "",
        "list": ["x", [2, {"deep": "y"}], {}, []],
    }}}));
    let of = |secret: &str| json!(placeholder_of(secret));
    assert_eq!(
        event["metadata"]["password"],
        json!({
            "text": of("a b c"), "number": of("1234"), "fraction": of("0.5"), "none": null, "yes": true,
            "empty": "", "list": [of("x"), [of("2"), {"deep": of("y")}], {}, []],
        })
    );
}

#[test]
fn a_secret_has_one_placeholder_whatever_announces_it() {
    let token = ["sk-", "proj-", "A1b2C3d4E5f6G7h8I9j0K1l2M3n4"].concat();
    let placeholder = placeholder_of(&token);
    let event = cleaned(&json!({
        "description": format!("used {token}"),
        "metadata": {"token": token, "authorization": format!("Bearer {token}"), "api_key": format!(" {token}\n")},
        "request": {"path": format!("/x?api_key={token}"), "body": {"log": format!("Authorization: Bearer {token}")}},
        "reason": format!("api_key={token}; cookie"),
    }));
    assert_eq!(
        event,
        json!({
            "description": format!("used {placeholder}"),
            "metadata": {"token": placeholder, "authorization": placeholder, "api_key": placeholder},
            "request": {"path": format!("/x?api_key={placeholder}"), "body": {"log": format!("Authorization: Bearer {placeholder}")}},
            "reason": format!("api_key={placeholder}; cookie"),
        })
    );
}

#[test]
fn labelled_values_go() {
    let event = cleaned(&json!({"request": {"body": {
        "env": [{"name": "DB_PASSWORD", "value": "hunter2"}, {"name": "MODE", "value": "fast"}],
        "headers": [{"key": "Cookie", "values": ["a", "b"]}, {"key": "Accept", "values": ["c"]}],
    }}, "metadata": {"field": "token", "value": 5}}));
    let body = &event["request"]["body"];
    assert_eq!(body["env"][0]["value"], json!(placeholder_of("hunter2")));
    assert_eq!(body["env"][1]["value"], json!("fast"));
    assert_eq!(
        body["headers"][0]["values"],
        json!([placeholder_of("a"), placeholder_of("b")])
    );
    assert_eq!(body["headers"][1]["values"], json!(["c"]));
    assert_eq!(event["metadata"]["value"], json!(placeholder_of("5")));
}

#[test]
fn the_catalog_is_above_the_built_in_names() {
    let metadata = json!({
        "access_token": "a", "opener": ["b", {"c": "d"}], "bearer": "good news", "max_tokens": 5,
        "nested": {"bearer": "e"},
    });
    let event = cleaned(&json!({"action": "model.called", "metadata": metadata}));
    let of = |secret: &str| json!(placeholder_of(secret));
    assert_eq!(
        event["metadata"],
        json!({
            "access_token": of("a"), "opener": [of("b"), {"c": of("d")}], "bearer": "good news",
            "max_tokens": 5, "nested": {"bearer": of("e")},
        })
    );
    // Shapes are looked for in what the catalog knows too.
    let event = json!({"action": "model.called", "metadata": {"bearer": "https://a:b@c"}});
    let expected = format!("https://a:{}@c", placeholder_of("b"));
    assert_eq!(cleaned(&event)["metadata"]["bearer"], json!(expected));
    // Another action has other metadata.
    let event = cleaned(&json!({"action": "a.b", "metadata": {"bearer": "x", "opener": "y"}}));
    assert_eq!(event["metadata"], json!({"bearer": of("x"), "opener": "y"}));
}

#[test]
fn a_change_goes_by_its_field() {
    let changed = |field: &str| {
        let event = json!({
            "action": "model.called",
            "changes": [{"field": field, "old": "before", "new": {"x": ["after", null]}}],
        });
        let cleaned = cleaned(&event);
        let change = &cleaned["changes"][0];
        assert_eq!(change["field"], json!(field));
        let secret = json!({
            "field": field, "old": placeholder_of("before"), "new": {"x": [placeholder_of("after"), null]},
        });
        assert!(*change == secret || cleaned == event, "{cleaned}");
        *change == secret
    };
    for field in [
        "password",
        "apiKey",
        "auth.token",
        "/auth/token",
        "auth[0].token",
        "credentials.user",
        "opener",
        "metadata.opener",
        "metadata.access_token",
        "tokens[1].secret",
        "spring.datasource.password",
    ] {
        assert!(changed(field), "{field}");
    }
    for field in [
        "threshold",
        "max_tokens",
        "metadata.max_tokens",
        "bearer",
        "metadata.bearer",
        "password_policy",
        "a.b.c",
        "",
        "...",
        "/",
    ] {
        assert!(!changed(field), "{field}");
    }
}

#[test]
fn a_change_of_a_deep_field_is_judged_to_its_end() {
    let field = format!("{}password", "a.".repeat(500));
    let event = cleaned(&json!({"changes": [{"field": field, "new": "x"}]}));
    assert_eq!(event["changes"][0]["new"], json!(placeholder_of("x")));
}

#[test]
fn parameters_go_by_their_names() {
    let of = placeholder_of;
    for (sent, kept) in [
        ("/a?token=abc&x=1", format!("/a?token={}&x=1", of("abc"))),
        (
            "/a?x=1&API-Key=a%20b#c",
            format!("/a?x=1&API-Key={}#c", of("a b")),
        ),
        (
            "/a?user[password]=x",
            format!("/a?user[password]={}", of("x")),
        ),
        (
            "/a?user%5Bpassword%5D=x%3F",
            format!("/a?user%5Bpassword%5D={}", of("x?")),
        ),
        (
            "/cb#access_token=abc&state=1",
            format!("/cb#access_token={}&state=1", of("abc")),
        ),
        ("/a?token=a?b=c;d", format!("/a?token={}", of("a?b=c;d"))),
        (
            "https://u:pw@h/a?b",
            format!("https://u:{}@h/a?b", of("pw")),
        ),
        (
            "/a?next=%2Fb%3Ftoken%3Dabc%26c%3Dd",
            format!("/a?next=/b%3Ftoken%3D{}%26c%3Dd", of("abc")),
        ),
        ("/a;token=abc/b", format!("/a;token={}", of("abc/b"))),
        ("/a?sig=abc", format!("/a?sig={}", of("abc"))),
    ] {
        assert_eq!(cleaned_path(sent), kept);
        assert_eq!(cleaned_path(&kept), kept);
    }
}

#[test]
fn pairs_in_texts_end_where_their_values_do() {
    let of = placeholder_of;
    for (sent, kept) in [
        (
            "password=abc, user=bob",
            format!("password={}, user=bob", of("abc")),
        ),
        (
            "password=abc,user=bob",
            format!("password={},user=bob", of("abc")),
        ),
        ("password=a,b c", format!("password={} c", of("a,b"))),
        ("(token=abc)", format!("(token={})", of("abc"))),
        ("token = 'a b'", format!("token = '{}'", of("a b"))),
        (
            "a;Password=p@ss w0rd!,x;B=c",
            format!("a;Password={};B=c", of("p@ss w0rd!,x")),
        ),
        (
            r#"{"password":"a\"b","x":1}"#,
            format!(r#"{{"password":"{}","x":1}}"#, of(r#"a\"b"#)),
        ),
        (
            r#"{\"password\":\"a\\\"b\",\"x\":1}"#,
            format!(r#"{{\"password\":\"{}\",\"x\":1}}"#, of(r#"a\\\"b"#)),
        ),
        (
            r#"{"pin": 1234, "x": 1}"#,
            format!(r#"{{"pin": {}, "x": 1}}"#, of("1234")),
        ),
        (
            r#"{"credentials": {"a": ["b"]}, "x": 1}"#,
            format!(r#"{{"credentials": {}, "x": 1}}"#, of(r#"{"a": ["b"]}"#)),
        ),
        (
            "\"token\": \"cut off",
            format!("\"token\": \"{}", of("cut off")),
        ),
        (
            "Cookie: a=b; c=d\nHost: e",
            format!("Cookie: {}\nHost: e", of("a=b; c=d")),
        ),
        (
            "Authorization: ApiKey a1b2c3d4 end",
            format!("Authorization: ApiKey {} end", of("a1b2c3d4")),
        ),
        ("api key: a1b2c3d4", format!("api key: {}", of("a1b2c3d4"))),
        (
            "run --token a1 --x",
            format!("run --token {} --x", of("a1")),
        ),
        (
            "run --password=\"a b\" x",
            format!("run --password=\"{}\" x", of("a b")),
        ),
        (
            "mongodb://u:p@h1:1,h2:2/db?x=y@z",
            format!("mongodb://u:{}@h1:1,h2:2/db?x=y@z", of("p")),
        ),
        (
            "postgres://u:p/w@h/db",
            format!("postgres://u:{}@h/db", of("p/w")),
        ),
        (
            r"postgres:\/\/u:p@h",
            format!(r"postgres:\/\/u:{}@h", of("p")),
        ),
    ] {
        assert_eq!(cleaned_text(sent), kept);
        assert_eq!(cleaned_text(&kept), kept);
    }
}

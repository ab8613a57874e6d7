//! What looks like a secret and is none.

use super::*;

const SURVIVORS: &[&str] = &[
    // Models.
    "gpt-4o",
    "gpt-4o-mini-2024-07-18",
    "claude-3-5-sonnet-20241022",
    "claude-opus-4-1",
    "text-embedding-3-large",
    "meta-llama/Llama-3.1-70B-Instruct",
    "gemini-2.5-pro-preview-06-05",
    "mistral-large-2411",
    "ft:gpt-4o-mini-2024-07-18:acme:support:9aBcDeFg",
    "o3-mini",
    "accounts/fireworks/models/deepseek-v3",
    "anthropic.claude-3-haiku-20240307-v1:0",
    // Ids and hashes.
    "019c5683-8a68-7000-8000-000000000001",
    "550E8400-E29B-41D4-A716-446655440000",
    "urn:uuid:019c5683-8a68-7000-8000-000000000001",
    "d41d8cd98f00b204e9800998ecf8427e",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "usr_2Nf8sKx0QmZ4",
    "prj_1",
    "org_acme",
    "01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "req_011CSHoEeqs5C35K2UUqR7Fy",
    "msg_01XFDUDYJgAACzvnptvVoYEL",
    "chatcmpl-9aBcDeFgHiJkLmNoPqRsTuVwXyZ01",
    "cus_NffrFeUfNV2Hib",
    "pi_3MtwBwLkdIwHu7ix28a3tqPa",
    "AC0123456789abcdef0123456789abcdef",
    "AROAIOSFODNN7EXAMPLE1",
    "AIDAIOSFODNN7EXAMPLE1",
    "dGhpcy1pcy1ub3QtYS1zZWNyZXQ",
    "key_id",
    "tokens_consumed",
    // Times and numbers.
    "1770978505000",
    "1770978505000000",
    "1770978505123456789",
    "20260213102822",
    "2026-02-13T10:28:22.120000Z",
    "+1 (415) 555-2671",
    "+44 20 7946 0958",
    "004915112345678",
    "4111111111111112",
    "5012345678900",
    "4006381333931",
    "123456789012345678",
    "3.141592653589793",
    "0.4111111111111111",
    "1234 5678 9012 3456",
    "order-4111111111111111",
    "4111-1111-1111-1111-1111",
    "12:30:45.123",
    "4111111111111111.5",
    // Addresses.
    "arn:aws:iam::123456789012:role/service-role/MyRole",
    "arn:aws:s3:::bucket/key-name",
    "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/db-AbCdEf",
    "projects/acme/secrets/db-password/versions/3",
    "https://example.com/a/b?c=d&e=f#g",
    "https://example.com:8443/path@2",
    "ssh://git@github.com/acme/app.git",
    "git@github.com:acme/app.git",
    "ada.obi+audit@example.com",
    "mailto:ada@example.com",
    "postgres://db.internal:5432/app",
    "https://user@example.com/",
    "http://[2001:db8::1]:8080/x@y",
    "s3://bucket/key@v1",
    "docker://registry:5000/app@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    // Words.
    "the task-force met about risk-based-approach-to-evaluation-2024",
    "sk-learn",
    "desk-1234",
    "sk-learn-based-classification-pipeline-v2",
    "ask-me-anything-about-kubernetes-1-29",
    "sk-019c5683-8a68-7000-8000-000000000001",
    "hf_transformers_model_cache_directory_size",
    "npm_config_registry",
    "npm_lifecycle_event",
    "Basic authentication is off",
    "Basic information",
    "basic auth required",
    "the bearer of bad news",
    "Bearer authentication",
    "Bearer token missing",
    "bearer_token_validation_error",
    "Password changed",
    "password: must have 12 characters",
    "token: missing",
    "Your token has expired",
    "secret rotation enabled",
    "reset password for ada",
    "tokens=512",
    "max_tokens=4096",
    "token_count=17",
    "author=Ada",
    "secretary: Bob",
    "monkey=banana",
    "if token == null",
    "password = null",
    "token=true",
    "password=",
    "api_key=\"\"",
    "\"password\": null",
    "\"token\":false,\"x\":1",
    "password_policy=strict",
    "key_id=abc123",
    "page_token=CAUQAA",
    "a=b; c=d",
    "ghp_short",
    "AKIA",
    "AIzaShort",
    "SG.short.one",
    "eyJ is how they begin",
    "eyJhbGciOiJub25lIn0",
    "xoxb-",
    "SKU0123456789abcdef",
    "keys: 12",
    "https://example.com/oauth/token",
    "/v1/tokens/count",
    "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUQ\n-----END CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYI\n-----END PUBLIC KEY-----",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBt ada@x",
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    "[redacted:00112233445566778899aabbccddeeff]",
    "[redacted:nothing]",
    "[redacted]",
    "",
    " ",
    "🔑 Schlüssel",
    "--password",
    "--token --verbose",
    "--- a/token",
    "------",
];

#[test]
fn texts_survive() {
    for text in SURVIVORS {
        assert_eq!(cleaned_text(text), *text);
        let sentence = format!("Seen {text} today");
        if !text.ends_with(['=', '-', 'l', 'd']) {
            assert_eq!(cleaned_text(&sentence), sentence);
        }
    }
}

#[test]
fn texts_survive_elsewhere() {
    for text in SURVIVORS {
        let inner = json!({"a": text, "n": [1, 2.5, true]}).to_string();
        let event = json!({
            "actor": {"type": "user", "id": text, "name": text, "email": text},
            "changes": [{"field": "model", "old": text, "new": inner}],
            "context": {"user_agent": text, "session_id": text},
            "description": text,
            "metadata": {"note": inner, "order_id": text},
            "reason": text,
            "request": {"body": {"a": [text]}, "response": {format!("k {text}"): 1}},
        });
        let (cleaned, count) = cleaned_by(&redactor(), &event);
        assert_eq!((cleaned, count), (event, 0), "{text}");
    }
}

#[test]
fn names_survive() {
    let event = json!({"metadata": {
        "tokens_consumed": 512, "max_tokens": 4096, "token_count": 3, "tokens": 7, "author": "Ada",
        "secretary": "Bob", "password_policy": "strict", "key_id": "k1", "api_key_id": "ak_1",
        "passport": "yes", "page_token": "CAUQ", "next_page_token": "x", "stop_token": "</s>",
        "eos_token": "<|im_end|>", "access_key_id": "none", "key": "value", "secret_name": "db",
        "public_key": "MFkw", "authentication": "oauth", "session_id": "s1", "keyboard": "us",
        "created_at": 1_770_978_505_000_i64, "account": 4_111_111_111_111_111_i64,
    }});
    assert_eq!(cleaned_by(&redactor(), &event), (event, 0));
}

#[test]
fn digits_under_an_id_are_no_card() {
    let number = ["41111111", "11111111"].concat();
    let event = json!({"metadata": {"order_id": number, "orderId": [number], "ids": number}});
    assert_eq!(cleaned_by(&redactor(), &event), (event, 0));
    let path = format!("/v1/orders?order_id={number}");
    assert_eq!(cleaned_path(&path), path);
}

#[test]
fn paths_survive() {
    for path in [
        "/",
        "",
        "/v1/projects/prj_1/guardrails/7?limit=50&cursor=abc%20d",
        "/a?b",
        "/a?b=&c",
        "/a?=b",
        "/a#b",
        "?",
        "#",
        "/a%ZZ?x=%",
        "/a?b=c+d&%5Btags%5D=%C3%BC",
        "/search?q=what%20is%20a%20token%3F",
        "https://example.com/x?model=gpt-4o",
        "/a?tokens=5&max_tokens=7&token=",
        "/a?x=%FF%FE",
        "/a?token=%5Bredacted%3A00112233445566778899aabbccddeeff%5D",
    ] {
        assert_eq!(cleaned_path(path), path);
    }
}

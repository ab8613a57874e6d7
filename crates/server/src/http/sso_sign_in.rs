//! `/v1/auth/oidc/…`: the way to an organization's provider and back, which a browser goes.
//!
//! What must always hold:
//!
//! - whoever goes this way has no credentials yet, so all of it is bounded and answers the same for organizations that
//!   are not there, have no provider, or have switched it off;
//! - a way in begins on a page of this server's own, or by what somebody typed or kept: a link elsewhere leads to the
//!   sign-in page, or whoever set it could sign others in as whom they like;
//! - a browser is sent to the provider, or to a path of this server's own, and nowhere else. Where a page is wanted, a
//!   refusal is a redirect to the sign-in page with the code of the problem, and with nothing else of it.

use std::borrow::Cow;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::{ACCEPT, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::parameters;
use super::problem::{Problem, ProblemBody};
use super::schema;
use crate::auth::Visit;
use crate::auth::client_address::Scheme;
use crate::auth::cookies::Cookie;
use crate::auth::same_origin;
use crate::edge;
use crate::sso::{ATTEMPT_AT_MOST, Browser, Comeback, SingleSignOn, SsoError};

/// The page that people sign in on.
const SIGN_IN_PAGE: &str = "/login";
/// The code of what is the server's own trouble.
const FAILED: &str = "sso_failed";
/// The code of a way in that another site began.
const LED_HERE: &str = "sso_begins_here";

/// The organizations that an address signs in to by a provider.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SsoProviders {
    /// The organizations, at most 20.
    #[schema(max_items = 20)]
    data: Vec<SsoProvider>,
}

/// An organization that people sign in to by a provider.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SsoProvider {
    /// Its id, for `/v1/auth/oidc/start`.
    organization_id: String,
    /// Its name.
    organization_name: String,
}

/// The organizations whose single sign-on serves the domain of an e-mail address.
///
/// The answer is the same for every address of a domain: it tells nothing about people.
#[utoipa::path(
    get, path = "/v1/auth/oidc/providers", tag = "sso", operation_id = "list_sso_providers",
    params(("email" = String, Query, description = "The address; only what stands behind the @ counts")),
    responses(
        (status = 200, description = "The organizations; perhaps none", body = SsoProviders),
        (status = 400, description = "The request is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn list_sso_providers(
    State(sso): State<Arc<SingleSignOn>>,
    uri: Uri,
) -> Result<Json<SsoProviders>, Problem> {
    let [email] = parameters::only(&uri, ["email"])?;
    let email = email.ok_or_else(|| {
        let detail = "email: the parameter is missing: give it, such as email=ada@example.com";
        Problem::bad_request("missing_parameter", detail)
    })?;
    let serving = sso.serving(&email).await?;
    let data = serving.into_iter().map(|(id, name)| SsoProvider {
        organization_id: id,
        organization_name: name,
    });
    let data = data.collect();
    Ok(Json(SsoProviders { data }))
}

/// Sends the browser to the provider of an organization.
///
/// It comes back to `/v1/auth/oidc/callback` within 10 minutes, with the cookie that this answer gives it. A browser
/// that says (`Sec-Fetch-Site`) that another site has led it here is sent to the sign-in page instead.
#[utoipa::path(
    get, path = "/v1/auth/oidc/start", tag = "sso", operation_id = "start_sso",
    params(
        ("organization_id" = String, Query, description = "The organization"),
        ("return_to" = Option<String>, Query, description = "Where the browser goes afterwards: a path of this server, `/` by default"),
    ),
    responses(
        (status = 302, description = "The provider's page"),
        (status = 303, description = "The sign-in page with `?error=<code>`, for a browser that wants a page instead of a problem, or was led here by another site"),
        (status = 400, description = "The request is not understood, or `return_to` leads elsewhere", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such organization, or it has no single sign-on", body = ProblemBody, content_type = "application/problem+json"),
        (status = 500, description = "Something sealed does not open", body = ProblemBody, content_type = "application/problem+json"),
        (status = 502, description = "The provider does not answer as it should", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn start_sso(
    State(sso): State<Arc<SingleSignOn>>,
    visit: Visit,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    if same_origin::is_led_here(&headers) {
        return sign_in_page(LED_HERE);
    }
    match started(&sso, &visit, &uri).await {
        Ok(response) => response,
        Err(refused) => refused.into_response(&headers),
    }
}

async fn started(sso: &SingleSignOn, visit: &Visit, uri: &Uri) -> Result<Response, Refused> {
    let [return_to] = parameters::only(uri, ["return_to"]).map_err(Refused::bad)?;
    let organization_id = parameters::organization(uri).map_err(Refused::bad)?;
    let organization_id = organization_id.unwrap_or_default();
    let started = sso
        .start(&organization_id, return_to.as_deref(), visit, edge::now())
        .await?;
    let cookie = started.cookie.write();
    let cookie = Cookie::SingleSignOn.set(scheme(visit), &cookie, ATTEMPT_AT_MOST);
    let cookie = cookie.map_err(|_| Refused::bad(Problem::internal()))?;
    let mut location = own_header(&started.url)?;
    // The state is in it.
    location.set_sensitive(true);
    Ok((
        StatusCode::FOUND,
        [(LOCATION, location), (SET_COOKIE, cookie)],
    )
        .into_response())
}

/// Takes the browser back from the provider, and signs the person in.
///
/// For providers' redirects alone. The session reaches this one organization, and is ended here only: nobody is signed
/// out at the provider.
#[utoipa::path(
    get, path = "/v1/auth/oidc/callback", tag = "sso", operation_id = "finish_sso",
    params(
        ("state" = Option<String>, Query, description = "As it was sent to the provider"),
        ("code" = Option<String>, Query, description = "The provider's authorization code"),
        ("iss" = Option<String>, Query, description = "The provider's issuer"),
        ("error" = Option<String>, Query, description = "The provider's error"),
    ),
    responses(
        (status = 303, description = "Signed in: where the browser was going, with the session's cookie. Or, for a browser that wants a page instead of a problem, the sign-in page with `?error=<code>`"),
        (status = 400, description = "Nobody is waited for, or not any more, or not in this browser", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The provider, or the organization, does not let the person in", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "Single sign-on was switched off meanwhile", body = ProblemBody, content_type = "application/problem+json"),
        (status = 500, description = "Something sealed does not open", body = ProblemBody, content_type = "application/problem+json"),
        (status = 502, description = "The provider does not answer as it should", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The sign-in could not be recorded", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn finish_sso(
    State(sso): State<Arc<SingleSignOn>>,
    visit: Visit,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let mut response = match finished(&sso, &visit, &uri, &headers).await {
        Ok(response) => response,
        Err(refused) => refused.into_response(&headers),
    };
    let cleared = Cookie::SingleSignOn.clear(scheme(&visit));
    response.headers_mut().append(SET_COOKIE, cleared);
    response
}

async fn finished(
    sso: &SingleSignOn,
    visit: &Visit,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Response, Refused> {
    let comeback = comeback(uri)?;
    let scheme = scheme(visit);
    let browser = Browser {
        cookie: Cookie::SingleSignOn.read(headers, scheme),
        session: Cookie::Session.read(headers, scheme),
        visit,
    };
    let finished = sso.finish(&comeback, &browser, edge::now()).await?;
    let cookie = Cookie::Session.set(scheme, &finished.session.write(), sso.session_max());
    let cookie = cookie.map_err(|_| Refused::bad(Problem::internal()))?;
    let location = own_header(&finished.return_to)?;
    Ok((
        StatusCode::SEE_OTHER,
        [(LOCATION, location), (SET_COOKIE, cookie)],
    )
        .into_response())
}

/// What the provider sends. It may send more (RFC 6749, section 4.1.2), but nothing twice.
fn comeback(uri: &Uri) -> Result<Comeback, SsoError> {
    let mut comeback = Comeback::default();
    for (name, value) in parameters::parameters(uri) {
        let slot = match &*name {
            "state" => &mut comeback.state,
            "code" => &mut comeback.code,
            "iss" => &mut comeback.issuer,
            "error" => &mut comeback.error,
            _ => continue,
        };
        if slot.replace(Cow::into_owned(value)).is_some() {
            return Err(SsoError::Unknown);
        }
    }
    Ok(comeback)
}

const fn scheme(visit: &Visit) -> Scheme {
    match visit.secure {
        true => Scheme::Https,
        false => Scheme::Http,
    }
}

fn own_header(text: &str) -> Result<HeaderValue, Refused> {
    HeaderValue::try_from(text).map_err(|_| Refused::bad(Problem::internal()))
}

/// Somebody who does not come in: for programs, and for browsers.
struct Refused {
    code: &'static str,
    problem: Box<Problem>,
}

impl Refused {
    fn bad(problem: Problem) -> Self {
        Self {
            code: FAILED,
            problem: Box::new(problem),
        }
    }

    fn into_response(self, headers: &HeaderMap) -> Response {
        let wanted = headers.get_all(ACCEPT).iter();
        let mut wanted = wanted.filter_map(|value| value.to_str().ok());
        if !wanted.any(|value| value.contains("text/html")) {
            return self.problem.into_response();
        }
        sign_in_page(self.code)
    }
}

/// The way to the page that people sign in on, which says why.
fn sign_in_page(code: &str) -> Response {
    let page = format!("{SIGN_IN_PAGE}?error={code}");
    (StatusCode::SEE_OTHER, [(LOCATION, page)]).into_response()
}

impl From<SsoError> for Refused {
    fn from(error: SsoError) -> Self {
        let code = error.code();
        let detail = error.to_string();
        let problem = match (error, code) {
            (_, Some((status, code))) => Problem::new(status, code, detail),
            (SsoError::Act(error), None) => error.into(),
            (SsoError::Control(error), None) => error.into(),
            (_, None) => {
                tracing::error!("{detail}");
                Problem::internal()
            }
        };
        Self {
            code: code.map_or(FAILED, |(_, code)| code),
            problem: Box::new(problem),
        }
    }
}

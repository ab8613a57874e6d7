//! `/v1/instance/owners`: who makes and deletes organizations here.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::IntoResponse;
use serde::Serialize;
use utoipa::ToSchema;

use super::body::BodyReader;
use super::problem::{Problem, ProblemBody};
use super::{document, parameters, schema};
use crate::acts::{Acts, Author, Deed};
use crate::auth::{AuthError, SignedIn};
use crate::control::{Control, Named, Owner, OwnersError};
use crate::edge;

/// An owner of the instance.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InstanceOwner {
    /// The person's id, `usr_…`.
    user_id: String,
    /// The person's address.
    email: String,
    /// The person's name; may be empty.
    name: String,
    /// Since when, in UTC.
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<Owner> for InstanceOwner {
    fn from(owner: Owner) -> Self {
        Self {
            user_id: owner.user_id,
            email: owner.email,
            name: owner.name,
            created_at: owner.since.to_string(),
        }
    }
}

/// The owners of the instance, the oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InstanceOwners {
    /// The owners.
    #[schema(min_items = 1, max_items = 100)]
    data: Vec<InstanceOwner>,
}

/// The owners of the instance.
#[utoipa::path(
    get, path = "/v1/instance/owners", tag = "instance", operation_id = "list_instance_owners",
    security(("session" = [])),
    responses(
        (status = 200, description = "The owners", body = InstanceOwners),
        (status = 400, description = "The request has parameters", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "Nobody is signed in", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "No owner of the instance", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn list_owners(
    State(control): State<Control>,
    signed_in: SignedIn,
    uri: Uri,
) -> Result<Json<InstanceOwners>, Problem> {
    parameters::none(&uri)?;
    signed_in.must_own_instance()?;
    let owners = Owner::all(&mut *control.reading().await?).await?;
    let data = owners.into_iter().map(InstanceOwner::from).collect();
    Ok(Json(InstanceOwners { data }))
}

/// Makes a person an owner of the instance.
#[utoipa::path(
    post, path = "/v1/instance/owners", tag = "instance", operation_id = "add_instance_owner",
    security(("session" = [])),
    request_body(content = schema::NewOwner),
    responses(
        (status = 201, description = "The owner", body = InstanceOwner,
         headers(("location" = String, description = "Where it is"))),
        (status = 400, description = "The request is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "Nobody is signed in", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "No owner of the instance", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such person", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body did not come in time", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The person is an owner already, or there are too many", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The document is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The content type or encoding is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The document is not acceptable", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn add_owner(
    State(acts): State<Arc<Acts>>,
    State(reader): State<BodyReader>,
    signed_in: SignedIn,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<impl IntoResponse, Problem> {
    parameters::none(&uri)?;
    signed_in.must_own_instance()?;
    let document = document::read(&reader, &headers, body).await?;
    let named = Named::read(&document).map_err(|refusals| document::refused(&refusals))?;
    let mut act = acts.begin(author(&signed_in)).await?;
    let by = &signed_in.person().id;
    let (owner, home) = Owner::add(act.connection(), by, &named, edge::now()).await?;
    let deed = Deed::new("instance_owner.assigned").to("user", &owner.user_id, shown(&owner));
    act.did(&home, deed);
    act.commit().await?;
    let location = [(LOCATION, format!("/v1/instance/owners/{}", owner.user_id))];
    let owner = Json(InstanceOwner::from(owner));
    Ok((StatusCode::CREATED, location, owner))
}

/// Removes an owner of the instance, but for the last.
#[utoipa::path(
    delete, path = "/v1/instance/owners/{user_id}", tag = "instance", operation_id = "remove_instance_owner",
    security(("session" = [])),
    params(("user_id" = String, Path, pattern = "^usr_[0-9a-f]{32}$", description = "The person's id, `usr_…`")),
    responses(
        (status = 204, description = "The person is no owner any more"),
        (status = 400, description = "The request has parameters", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "Nobody is signed in", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "No owner of the instance", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "The person is no owner", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "There would be no owner left", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn remove_owner(
    State(acts): State<Arc<Acts>>,
    signed_in: SignedIn,
    user_id: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<StatusCode, Problem> {
    let Path(user_id) = user_id?;
    parameters::none(&uri)?;
    signed_in.must_own_instance()?;
    let mut act = acts.begin(author(&signed_in)).await?;
    let by = &signed_in.person().id;
    let (owner, home) = Owner::remove(act.connection(), by, &user_id).await?;
    let deed = Deed::new("instance_owner.removed").to("user", &owner.user_id, shown(&owner));
    act.did(&home, deed);
    act.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn author(signed_in: &SignedIn) -> Author {
    Author::person(signed_in.person(), signed_in.visit())
}

/// What events call the person.
fn shown(owner: &Owner) -> &str {
    match owner.name.as_str() {
        "" => &owner.email,
        name => name,
    }
}

impl From<OwnersError> for Problem {
    fn from(error: OwnersError) -> Self {
        let detail = error.to_string();
        let conflict = |code| Self::new(StatusCode::CONFLICT, code, &*detail);
        match error {
            OwnersError::NoPerson | OwnersError::NoOwner => Self::not_found(detail),
            OwnersError::Already => conflict("already_owner"),
            OwnersError::Last => conflict("last_owner"),
            OwnersError::TooMany => conflict("too_many_owners"),
            OwnersError::NoLonger => AuthError::OwnersOnly.into(),
            OwnersError::Control(error) => error.into(),
        }
    }
}

//! How a provider is asked: over HTTP, on a thread that may wait.
//!
//! What must always hold, whoever runs the provider and whatever it answers:
//!
//! - only addresses that [`Reach`] permits are asked, and no redirect is followed;
//! - an answer has an end, in bytes and in time;
//! - only so many questions are under way at once, and only a part of them to one provider, so that
//!   a slow provider of one organization keeps nobody else from signing in.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use ureq::http::{Method, Response};
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Body, Proxy};

use super::reach::{CheckedResolver, Reach, Refusal, is_this_machine};

/// How long one question may take, from the name's look-up to the last byte.
const QUESTION_AT_MOST: Duration = Duration::from_secs(10);
/// Most bytes of an answer. Keys with their certificates and people with many groups take some 100 KiB.
const MAX_ANSWER_BYTES: u64 = 1024 * 1024;
/// Questions that are under way at once, to all providers.
const MAX_QUESTIONS: usize = 16;
/// Questions that are under way at once to one provider.
const MAX_QUESTIONS_PER_PROVIDER: usize = 4;

/// Why a provider gave no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum TransportError {
    /// It must not be asked.
    #[error("{host} is not asked: {refusal}")]
    Refused {
        /// Who would be asked.
        host: String,
        /// Why not.
        refusal: Refusal,
    },
    /// It cannot be reached.
    #[error("{host} cannot be reached: {reason}; check that the server may connect to it")]
    Unreachable {
        /// Who was asked.
        host: String,
        /// What the connection came to.
        reason: String,
    },
    /// It takes too long.
    #[error("{host} does not answer in {}: check how it is, and try again", in_words(*.at_most))]
    Slow {
        /// Who was asked.
        host: String,
        /// How long it had.
        at_most: Duration,
    },
    /// It answers too much.
    #[error("{host} answers with more than {MAX_ANSWER_BYTES} bytes: check the issuer's address")]
    TooLong {
        /// Who was asked.
        host: String,
    },
    /// There are too many sign-ins at once.
    #[error("too many sign-ins ask their providers at this moment: try again in a few seconds")]
    Busy,
}

fn in_words(time: Duration) -> String {
    format!("{} s", time.as_secs_f32())
}

impl From<tokio::sync::AcquireError> for TransportError {
    fn from(_: tokio::sync::AcquireError) -> Self {
        Self::Busy
    }
}

/// Asks providers.
#[derive(Debug)]
pub(super) struct Transport {
    reach: Reach,
    at_most: Duration,
    /// For other machines, by the proxy if the environment names one.
    outside: Agent,
    /// For this machine, which is not behind a proxy.
    inside: Agent,
    questions: Arc<Semaphore>,
}

/// A way to one provider, which has a bound of its own.
pub(super) struct Line<'t> {
    transport: &'t Transport,
    questions: Arc<Semaphore>,
}

/// The bound of one provider, to be kept for as long as the provider is known.
pub(super) fn questions_of_one_provider() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(MAX_QUESTIONS_PER_PROVIDER))
}

impl Transport {
    /// Asks whom `reach` permits.
    pub(super) fn new(reach: Reach) -> Self {
        Self::with_limit(reach, QUESTION_AT_MOST)
    }

    /// The same with less patience.
    pub(super) fn with_limit(reach: Reach, at_most: Duration) -> Self {
        Self {
            reach,
            at_most,
            outside: agent(reach, Proxy::try_from_env(), at_most),
            inside: agent(reach, None, at_most),
            questions: Arc::new(Semaphore::new(MAX_QUESTIONS)),
        }
    }

    /// Whom it may ask.
    pub(super) const fn reach(&self) -> Reach {
        self.reach
    }

    /// A way to one provider.
    pub(super) fn line(&self, questions: Arc<Semaphore>) -> Line<'_> {
        let transport = self;
        Line {
            transport,
            questions,
        }
    }

    /// Waits for a turn, for half as long as the question may then take.
    async fn turn(
        &self,
        questions: Arc<Semaphore>,
    ) -> Result<[OwnedSemaphorePermit; 2], TransportError> {
        let turn = async {
            let own = questions.acquire_owned().await?;
            Ok([own, Arc::clone(&self.questions).acquire_owned().await?])
        };
        let turn = tokio::time::timeout(self.at_most / 2, turn).await;
        turn.unwrap_or_else(|_| Err(TransportError::Busy))
    }

    async fn ask(
        &self,
        request: HttpRequest,
        questions: Arc<Semaphore>,
    ) -> Result<HttpResponse, TransportError> {
        let host = request.uri().host().unwrap_or_default().to_owned();
        if let Err(refusal) = self.reach.check(request.uri()) {
            return Err(TransportError::Refused { host, refusal });
        }
        let agent = if is_this_machine(&host) {
            &self.inside
        } else {
            &self.outside
        };
        let (agent, at_most) = (agent.clone(), self.at_most);
        let permits = self.turn(questions).await?;
        let asked = host.clone();
        // The thread holds the permits to its end, also when nobody waits for the answer any more.
        let answer = tokio::task::spawn_blocking(move || {
            exchange(&agent, request, permits).map_err(|error| failure(error, asked, at_most))
        });
        answer.await.unwrap_or_else(|_| {
            let reason = "the question broke off".to_owned();
            Err(TransportError::Unreachable { host, reason })
        })
    }
}

impl<'c> AsyncHttpClient<'c> for Line<'_> {
    type Error = TransportError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, TransportError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.transport.ask(request, Arc::clone(&self.questions)))
    }
}

fn agent(reach: Reach, proxy: Option<Proxy>, at_most: Duration) -> Agent {
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        // The system's authorities, or those that SSL_CERT_FILE and SSL_CERT_DIR name.
        .root_certs(RootCerts::PlatformVerifier)
        .build();
    let resolver = CheckedResolver {
        reach,
        proxy: proxy.as_ref().map(|proxy| proxy.host().to_owned()),
        names: DefaultResolver::default(),
    };
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(proxy)
        .tls_config(tls)
        .user_agent(concat!("evident/", env!("CARGO_PKG_VERSION")))
        .timeout_global(Some(at_most))
        .build();
    Agent::with_parts(config, DefaultConnector::new(), resolver)
}

fn exchange(
    agent: &Agent,
    request: HttpRequest,
    _permits: [OwnedSemaphorePermit; 2],
) -> Result<HttpResponse, ureq::Error> {
    let mut answer: Response<Body> = if request.method() == Method::GET {
        agent.run(request.map(|_| ()))?
    } else {
        agent.run(request)?
    };
    let body = answer
        .body_mut()
        .with_config()
        .limit(MAX_ANSWER_BYTES)
        .read_to_vec()?;
    let (parts, _) = answer.into_parts();
    Ok(Response::from_parts(parts, body))
}

fn failure(error: ureq::Error, host: String, at_most: Duration) -> TransportError {
    match error {
        ureq::Error::Timeout(_) => TransportError::Slow { host, at_most },
        ureq::Error::BodyExceedsLimit(_) => TransportError::TooLong { host },
        ureq::Error::Other(error) => match error.downcast_ref::<Refusal>() {
            Some(refusal) => TransportError::Refused {
                host,
                refusal: *refusal,
            },
            None => unreachable(host, &error.to_string()),
        },
        error => unreachable(host, &error.to_string()),
    }
}

fn unreachable(host: String, reason: &str) -> TransportError {
    let reason = super::error::quoted(reason);
    TransportError::Unreachable { host, reason }
}

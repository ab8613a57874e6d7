//! A real S3-compatible server, in this process: it keeps its objects in a folder, and checks the signature of every
//! request.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use hyper::server::conn::http1::Builder;
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::watch;

pub const BUCKET: &str = "audit";
const KEY_ID: &str = "AKEVIDENTTEST";
const SECRET: &str = "a-secret-for-tests";

/// The server; gone when dropped.
pub struct S3 {
    directory: TempDir,
    address: SocketAddr,
    ended: watch::Sender<bool>,
    requests: Arc<AtomicU64>,
}

impl S3 {
    pub fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join(BUCKET)).unwrap();
        let mut service = S3ServiceBuilder::new(s3s_fs::FileSystem::new(directory.path()).unwrap());
        service.set_auth(SimpleAuth::from_single(KEY_ID, SECRET));
        let service = service.build();
        let (ended, end) = watch::channel(false);
        let requests = Arc::new(AtomicU64::new(0));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let counted = Arc::clone(&requests);
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                serve(listener, service, end, counted).await;
            });
        });
        Self {
            directory,
            address,
            ended,
            requests,
        }
    }

    /// The folder of the bucket.
    pub fn bucket(&self) -> std::path::PathBuf {
        self.directory.path().join(BUCKET)
    }

    /// Lets a server keep its exports there, below a prefix.
    pub fn keep_exports(&self, command: &mut Command) {
        self.keep_exports_with(command, SECRET);
    }

    /// The same with another secret.
    pub fn keep_exports_with(&self, command: &mut Command, secret: &str) {
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("AWS_") {
                command.env_remove(name);
            }
        }
        command
            .env("EVIDENT_EXPORT_STORE", format!("s3://{BUCKET}/evident/one"))
            .env(
                "EVIDENT_EXPORT_STORE_ENDPOINT",
                format!("http://{}", self.address),
            )
            .env("EVIDENT_EXPORT_STORE_REGION", "eu-central-1")
            .env("EVIDENT_EXPORT_STORE_KEY_ID", KEY_ID)
            .env("EVIDENT_EXPORT_STORE_KEY", secret);
    }

    /// How many connections it has been asked on.
    pub fn connections(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// The files that are in the bucket, by their paths.
    pub fn objects(&self) -> Vec<String> {
        let mut found = Vec::new();
        gather(&self.bucket(), &self.bucket(), &mut found);
        found.sort();
        found
    }

    /// Goes away: nothing is answered any more, not even what was begun.
    pub fn end(&self) {
        self.ended.send_replace(true);
    }
}

fn gather(root: &Path, folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => gather(root, &path, found),
            false => {
                let relative = path.strip_prefix(root).unwrap();
                found.push(relative.to_string_lossy().into_owned());
            }
        }
    }
}

async fn serve(
    listener: TcpListener,
    service: S3Service,
    mut end: watch::Receiver<bool>,
    counted: Arc<AtomicU64>,
) {
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => accepted.unwrap().0,
            _ = end.wait_for(|ended| *ended) => return,
        };
        counted.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(connection(stream, service.clone(), end.clone()));
    }
}

async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    service: S3Service,
    mut end: watch::Receiver<bool>,
) {
    let builder = Builder::new();
    let serving = builder.serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        // A client that goes away is no mistake of this server's.
        served = serving => drop(served),
        _ = end.wait_for(|ended| *ended) => {}
    }
}

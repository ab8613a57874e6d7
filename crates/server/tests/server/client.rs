//! What the tests of the client commands share: a command with a key, a terminal to run it on, and
//! a stand-in that says what no server would.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};

use rustix::fs::OFlags;
use rustix::pty::OpenptFlags;
use rustix::termios::{OptionalActions, Winsize};

use crate::harness::{PATIENCE, Server, evident, run};

/// What a command said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) output: String,
    pub(crate) errors: String,
    pub(crate) code: Option<i32>,
}

impl Said {
    /// What it printed, after checking that it succeeded.
    #[track_caller]
    pub(crate) fn success(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.output
    }

    /// What it complained about, after checking the code and that it printed nothing.
    #[track_caller]
    pub(crate) fn failure(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert_eq!(
            self.output, "",
            "an error prints nothing on standard output"
        );
        self.errors
    }
}

/// A client command without server and key.
pub(crate) fn bare(arguments: &[&str]) -> Command {
    let mut command = evident();
    for name in [
        "NO_COLOR",
        "COLUMNS",
        "ALL_PROXY",
        "HTTP_PROXY",
        "HTTPS_PROXY",
    ] {
        command.env_remove(name).env_remove(name.to_lowercase());
    }
    command.env("TERM", "xterm-256color").args(arguments);
    command
}

/// A client command for a server, with its read key.
pub(crate) fn client(server: &Server, arguments: &[&str]) -> Command {
    let mut command = bare(arguments);
    command
        .env("EVIDENT_URL", server.url(""))
        .env("EVIDENT_API_KEY", &server.organization.read);
    command
}

/// Runs a command to its end.
pub(crate) fn say(command: &mut Command) -> Said {
    let output = run(command, "");
    Said {
        output: String::from_utf8(output.stdout).unwrap(),
        errors: String::from_utf8(output.stderr).unwrap(),
        code: output.status.code(),
    }
}

/// Runs a command whose standard output is a terminal of this width.
pub(crate) fn say_on_terminal(command: &mut Command, columns: u16) -> Said {
    let (terminal, shown) = terminal(columns);
    command.stdout(Stdio::from(terminal)).stderr(Stdio::piped());
    let child = command.stdin(Stdio::null()).spawn().unwrap();
    // The command holds the terminal too, until it is given another output.
    command.stdout(Stdio::null());
    let output = child.wait_with_output().unwrap();
    Said {
        output: shown.join().unwrap(),
        errors: String::from_utf8(output.stderr).unwrap(),
        code: output.status.code(),
    }
}

/// Runs a command that complains on a terminal, and writes elsewhere.
pub(crate) fn complain_on_terminal(command: &mut Command) -> Said {
    let (terminal, shown) = terminal(80);
    command.stderr(Stdio::from(terminal)).stdout(Stdio::piped());
    let child = command.stdin(Stdio::null()).spawn().unwrap();
    command.stderr(Stdio::null());
    let output = child.wait_with_output().unwrap();
    Said {
        output: String::from_utf8(output.stdout).unwrap(),
        errors: shown.join().unwrap(),
        code: output.status.code(),
    }
}

/// A terminal of this width, and all that it is given until nobody has it open any more.
fn terminal(columns: u16) -> (OwnedFd, JoinHandle<String>) {
    let master = rustix::pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    rustix::pty::grantpt(&master).unwrap();
    rustix::pty::unlockpt(&master).unwrap();
    let name = rustix::pty::ptsname(&master, Vec::new()).unwrap();
    let terminal = File::options()
        .read(true)
        .write(true)
        .custom_flags(OFlags::NOCTTY.bits().cast_signed())
        .open(name.to_str().unwrap())
        .unwrap();
    // Raw, so that what is read is what was written.
    let mut settings = rustix::termios::tcgetattr(&terminal).unwrap();
    settings.make_raw();
    rustix::termios::tcsetattr(&terminal, OptionalActions::Now, &settings).unwrap();
    let size = Winsize {
        ws_row: 24,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    rustix::termios::tcsetwinsize(&terminal, size).unwrap();
    let shown = thread::spawn(move || {
        let mut shown = Vec::new();
        // It ends with an error.
        let _ = File::from(master).read_to_end(&mut shown);
        String::from_utf8(shown).unwrap()
    });
    (terminal.into(), shown)
}

/// Where an answer goes.
pub(crate) trait Answering: Read + Write {}
impl<T: Read + Write> Answering for T {}

/// What is done with one connection after its request has been read.
pub(crate) type Answer = Box<dyn FnOnce(&mut dyn Answering) + Send>;

/// Bytes, and the end of the connection.
pub(crate) fn says(bytes: impl Into<Vec<u8>>) -> Answer {
    let bytes = bytes.into();
    Box::new(move |to| {
        to.write_all(&bytes).unwrap();
        to.flush().unwrap();
    })
}

/// An answer with this head and body, whose end the connection's end says.
pub(crate) fn answer(status: &str, headers: &str, body: &str) -> Answer {
    says(format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\n{headers}\r\n{body}"
    ))
}

/// An answer of this media type and length.
pub(crate) fn document(status: &str, media_type: &str, body: &str) -> Answer {
    let headers = format!(
        "content-type: {media_type}\r\ncontent-length: {}\r\n",
        body.len()
    );
    answer(status, &headers, body)
}

/// Something that listens where a server should.
pub(crate) struct StandIn {
    pub(crate) address: SocketAddr,
    heads: Receiver<String>,
}

impl StandIn {
    /// Gives each connection the next of these answers, and none to further ones.
    pub(crate) fn new(answers: Vec<Answer>) -> Self {
        Self::start(answers, |stream| Box::new(stream))
    }

    /// The same behind TLS.
    pub(crate) fn with_tls(answers: Vec<Answer>, config: rustls::ServerConfig) -> Self {
        let config = Arc::new(config);
        Self::start(answers, move |stream| {
            let connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            Box::new(rustls::StreamOwned::new(connection, stream))
        })
    }

    fn start(
        answers: Vec<Answer>,
        wrap: impl Fn(TcpStream) -> Box<dyn Answering> + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, heads) = mpsc::channel();
        thread::spawn(move || {
            for answer in answers {
                let (stream, _) = listener.accept().unwrap();
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                let mut stream = wrap(stream);
                let Some(head) = head(&mut *stream) else {
                    continue;
                };
                let _ = sender.send(head);
                answer(&mut *stream);
            }
        });
        Self { address, heads }
    }

    /// A client command for it.
    pub(crate) fn client(&self, arguments: &[&str]) -> Command {
        let mut command = bare(arguments);
        command
            .env("EVIDENT_URL", format!("http://{}", self.address))
            .env("EVIDENT_API_KEY", "evident_read_1_2");
        command
    }

    /// The head of the next request, in lower case.
    #[track_caller]
    pub(crate) fn asked(&self) -> String {
        let head = self.heads.recv_timeout(PATIENCE);
        head.expect("nobody asked").to_lowercase()
    }

    /// Whether nobody has asked anything since.
    pub(crate) fn was_left_alone(&self) -> bool {
        self.heads.try_recv().is_err()
    }
}

/// The head of a request; nothing if the connection ends before it does.
fn head(from: &mut dyn Answering) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match from.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return None,
        }
    }
    Some(String::from_utf8(head).unwrap())
}

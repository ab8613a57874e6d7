//! Somebody who follows a page: two terminals in one empty directory, in which a page's commands are entered as
//! they are, but for the server's address.

use std::fs::File;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;

use super::page::{Step, is_as_shown};
use crate::harness::{wait_for, wait_up_to};

/// Where the pages expect the server.
const ADDRESS: &str = "127.0.0.1:8700";
/// How long commands may take, and a server until it has printed what it should: a demo has a year to record.
const PATIENCE: Duration = Duration::from_secs(180);
/// Cargo's target directory when nothing else is said to `make`.
pub(super) const TARGET_IN_HOME: &str = ".cache/evident/target";

/// Somebody with a home of their own, in which this build is where `make run` leaves it.
pub(super) struct Reader {
    home: TempDir,
    /// Where the server listens instead of at [`ADDRESS`].
    address: String,
    /// The terminal in which commands are entered.
    shell: Running,
    input: ChildStdin,
    /// What was entered in both terminals.
    preamble: String,
    /// The terminal in which there is a server.
    server: Option<Running>,
    /// What the newest server prints, and its log.
    server_files: Vec<PathBuf>,
}

/// A shell and what it started; killed when dropped.
struct Running(Child);

impl Running {
    fn has_ended(&mut self) -> bool {
        self.0.try_wait().unwrap().is_some()
    }

    /// A signal to all that was started there, as a terminal sends it.
    fn signal(&self, signal: Signal) {
        let group = Pid::from_raw(i32::try_from(self.0.id()).unwrap()).unwrap();
        // Whoever has ended gets none.
        let _ = kill_process_group(group, signal);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
        let _ = self.0.wait();
    }
}

impl Reader {
    /// Each page of a process has a number of its own.
    pub(super) fn new(number: u16) -> Self {
        let home = tempfile::tempdir().unwrap();
        let release = home.path().join(TARGET_IN_HOME).join("release");
        std::fs::create_dir_all(&release).unwrap();
        let binary = env!("CARGO_BIN_EXE_evident");
        std::os::unix::fs::symlink(binary, release.join("evident")).unwrap();
        for directory in ["here", "printed"] {
            std::fs::create_dir(home.path().join(directory)).unwrap();
        }
        let address = address(number);
        let mut shell = bash(home.path(), &address);
        shell.arg("-s").stdin(Stdio::piped());
        let mut shell = Running(shell.spawn().unwrap());
        let input = shell.0.stdin.take().unwrap();
        Self {
            home,
            address,
            shell,
            input,
            preamble: String::new(),
            server: None,
            server_files: Vec::new(),
        }
    }

    /// Does what a step says. Gives the line of its block, and what was printed.
    pub(super) fn follow(&mut self, page: &str, step: &Step) -> Option<(usize, String)> {
        match step {
            Step::Run {
                commands,
                shown,
                line,
                in_both,
            } => {
                if *in_both {
                    self.preamble.push_str(commands);
                    self.preamble.push('\n');
                }
                let at = format!("{page}:{line}");
                let printed = self.enter(&at, *line, commands);
                if let Some(shown) = shown {
                    let shown = shown.replace(ADDRESS, &self.address);
                    assert!(
                        is_as_shown(&shown, &printed),
                        "{at}: other things are printed than the page shows:\n{printed}"
                    );
                }
                Some((*line, printed))
            }
            Step::Serve {
                commands,
                shown,
                line,
            } => {
                let at = format!("{page}:{line}");
                let shown = shown.as_ref().unwrap_or_else(|| {
                    panic!("{at}: the page must show what the server prints, to be waited for")
                });
                Some((*line, self.serve(&at, *line, commands, shown)))
            }
            Step::Stop => {
                let mut server = self
                    .server
                    .take()
                    .unwrap_or_else(|| panic!("{page}: no server"));
                server.signal(Signal::INT);
                let status = wait_for("the server's end", || server.0.try_wait().unwrap());
                assert!(status.success(), "{page}: the server ended with {status}");
                None
            }
        }
    }

    /// Enters commands and waits for their end.
    fn enter(&mut self, at: &str, line: usize, commands: &str) -> String {
        let commands = commands.replace(ADDRESS, &self.address);
        let (printed, done) = (self.file(line, "printed"), self.file(line, "done"));
        let (to, and) = (printed.display(), done.display());
        // Not in a subshell: what they set stays.
        let entered = format!("{{\n{commands}\n}} </dev/null >'{to}' 2>&1\n: >'{and}'\n");
        // If it has ended, that shows below.
        let _ = self.input.write_all(entered.as_bytes());
        let is_done = wait_up_to(PATIENCE, at, || {
            if done.exists() {
                return Some(true);
            }
            self.shell.has_ended().then_some(false)
        });
        let printed = read(&printed);
        assert!(is_done, "{at}: the commands fail:\n{commands}\n{printed}");
        printed
    }

    /// Starts a server and waits until all is printed that the page shows.
    fn serve(&mut self, at: &str, line: usize, commands: &str, shown: &str) -> String {
        assert!(self.server.is_none(), "{at}: there is a server already");
        let shown = shown.replace(ADDRESS, &self.address);
        let commands = commands.replace(ADDRESS, &self.address);
        let (printed, log) = (self.file(line, "printed"), self.file(line, "log"));
        let mut shell = bash(self.home.path(), &self.address);
        shell
            .arg("-c")
            .arg(format!("{}{commands}", self.preamble))
            .stdin(Stdio::null())
            .stdout(File::create(&printed).unwrap())
            .stderr(File::create(&log).unwrap());
        self.server_files = vec![printed.clone(), log];
        let server = self.server.insert(Running(shell.spawn().unwrap()));
        let is_there = wait_up_to(PATIENCE, &format!("what {at} shows"), || {
            if is_as_shown(&shown, &read(&printed)) {
                return Some(true);
            }
            server.has_ended().then_some(false)
        });
        assert!(is_there, "{at}: the server ends");
        read(&printed)
    }

    fn file(&self, line: usize, kind: &str) -> PathBuf {
        self.home.path().join(format!("printed/{line}.{kind}"))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for file in &self.server_files {
                eprintln!("{}", read(file));
            }
        }
    }
}

/// A shell that stops at the first command that fails, with nothing of the environment of the tests.
fn bash(home: &Path, address: &str) -> Command {
    let mut command = Command::new("bash");
    command
        .args(["-e", "-u", "-o", "pipefail"])
        .env_clear()
        .env("HOME", home)
        .env("EVIDENT_LISTEN", address)
        .env("EVIDENT_URL", format!("http://{address}"))
        .current_dir(home.join("here"))
        .process_group(0);
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
}

/// An address of this machine that nobody else listens on: of this process and this page alone, and on a port
/// that the system gives to nobody by itself. So tests run side by side, in as many processes as one likes.
fn address(number: u16) -> String {
    let [high, middle, low, lowest] = std::process::id().to_be_bytes();
    assert_eq!(high, 0, "ids of processes have 22 bits");
    format!("127.{}.{low}.{lowest}:{}", middle + 1, 8700 + number)
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

//! Bytes on a connection, for requests that no client would send.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

use super::PATIENCE;

/// A connection.
pub struct Wire(pub TcpStream);

impl Wire {
    pub fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(stream)
    }

    /// Sends as much as the server takes.
    pub fn send(&mut self, bytes: &[u8]) -> bool {
        self.0.write_all(bytes).is_ok()
    }

    /// Nothing more will be sent.
    pub fn end(&mut self) {
        let _ = self.0.shutdown(Shutdown::Write);
    }

    /// All that comes until the server closes.
    pub fn read_to_end(&mut self) -> String {
        let mut text = Vec::new();
        match self.0.read_to_end(&mut text) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
            Err(error) => panic!("the server neither answered nor closed: {error}"),
        }
        String::from_utf8_lossy(&text).into_owned()
    }

    /// The head of an answer.
    pub fn read_head(&mut self) -> String {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            match self.0.read(&mut byte) {
                Ok(1) => head.push(byte[0]),
                Ok(_) => break,
                Err(error) => panic!("no answer: {error}"),
            }
        }
        String::from_utf8_lossy(&head).into_owned()
    }
}

/// Sends bytes and reads the answer until the server closes.
pub fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
    let mut wire = Wire::connect(address);
    wire.send(bytes);
    wire.read_to_end()
}

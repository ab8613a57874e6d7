//! The least HTTP/1.1 client that can keep a connection busy: it costs next to nothing, so that the
//! figures are the server's.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

/// Longest response that is read, in bytes.
const MAX_RESPONSE_BYTES: usize = 64 << 20;

/// A connection that is kept open.
pub struct Client {
    reader: BufReader<TcpStream>,
    writer: TcpStream,
    key: String,
}

impl Client {
    pub fn connect(address: &str, key: &str) -> Result<Self, String> {
        let writer = TcpStream::connect(address).map_err(|error| error.to_string())?;
        writer
            .set_nodelay(true)
            .map_err(|error| error.to_string())?;
        let reader = writer.try_clone().map_err(|error| error.to_string())?;
        Ok(Self {
            reader: BufReader::new(reader),
            writer,
            key: key.to_owned(),
        })
    }

    /// Sends a request and reads its whole answer: the status and the body.
    pub fn send(
        &mut self,
        method: &str,
        path: &str,
        content_type: &str,
        body: &[u8],
    ) -> Result<(u16, Vec<u8>), String> {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {}\r\n\
             content-type: {content_type}\r\ncontent-length: {}\r\n\r\n",
            self.key,
            body.len()
        );
        let mut request = head.into_bytes();
        request.extend_from_slice(body);
        self.writer
            .write_all(&request)
            .map_err(|error| format!("the request was not sent: {error}"))?;
        self.read_response()
            .map_err(|error| format!("no answer: {error}"))
    }

    fn read_response(&mut self) -> Result<(u16, Vec<u8>), String> {
        let mut line = String::new();
        self.line(&mut line)?;
        let status = line
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .ok_or_else(|| format!("no status in {line:?}"))?;
        let mut length = None;
        let mut chunked = false;
        loop {
            self.line(&mut line)?;
            let header = line.trim_end().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse::<usize>().ok();
            }
            chunked |= header == "transfer-encoding: chunked";
        }
        let mut body = Vec::new();
        if chunked {
            self.read_chunks(&mut body)?;
        } else {
            let length = length.unwrap_or(0).min(MAX_RESPONSE_BYTES);
            body.resize(length, 0);
            self.read_exactly(&mut body)?;
        }
        Ok((status, body))
    }

    fn read_chunks(&mut self, body: &mut Vec<u8>) -> Result<(), String> {
        let mut line = String::new();
        loop {
            self.line(&mut line)?;
            let length = usize::from_str_radix(line.trim(), 16).map_err(|e| e.to_string())?;
            if body.len() + length > MAX_RESPONSE_BYTES {
                return Err("the answer is too long".to_owned());
            }
            let start = body.len();
            body.resize(start + length, 0);
            self.read_exactly(&mut body[start..])?;
            self.line(&mut line)?;
            if length == 0 {
                return Ok(());
            }
        }
    }

    fn line(&mut self, line: &mut String) -> Result<(), String> {
        line.clear();
        match self.reader.read_line(line) {
            Ok(0) => Err("the connection was closed".to_owned()),
            Ok(_) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn read_exactly(&mut self, buffer: &mut [u8]) -> Result<(), String> {
        self.reader.read_exact(buffer).map_err(|e| e.to_string())
    }
}

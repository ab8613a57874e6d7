//! Parquet: columns with types, compressed, for analysis.
//!
//! It must hold that:
//!
//! - a row group has a bounded number of rows and of bytes, since it is gathered in memory;
//! - what an event lacks is null, and never an empty text;
//! - instants are microseconds in UTC, and whatever holds several values is JSON.

use std::fs::File;
use std::sync::Arc;

use bytes::Bytes;
use evident_event::query::ColumnKind;
use evident_event::query::row::{self, NotCanonical, Places, Row};
use evident_store::index::WalkedEvent;
use parquet::basic::{Compression, Encoding, LogicalType, Repetition, TimeUnit, Type, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{
    SerializedColumnWriter, SerializedFileWriter, SerializedRowGroupWriter,
};
use parquet::schema::types::{ColumnPath, Type as Schema};

use super::{Columns, FileWriter, FormatError};

/// Most rows of a row group.
const MAX_GROUP_ROWS: usize = 128 * 1024;
/// A row group ends once its values have so many bytes.
const MAX_GROUP_BYTES: usize = 32 * 1024 * 1024;
/// Most row groups of a file: programs count them in 16 bits.
const MAX_GROUPS: usize = i16::MAX as usize;
/// Values that are handed to the library at once.
const VALUES_AT_ONCE: usize = 1024;
/// How hard values are compressed, of 22.
const ZSTD_LEVEL: i32 = 3;
/// Longest text that a minimum or maximum of a row group has, in bytes.
const MAX_STATISTICS_BYTES: usize = 64;
/// Who made the file.
const CREATED_BY: &str = "Evident";

/// All that an event can have, one level flattened: what is below that, or several, is JSON.
const ALL_COLUMNS: [&str; 34] = [
    "index",
    "id",
    "occurred_at",
    "received_at",
    "action",
    "name",
    "category",
    "event_type",
    "badge",
    "level",
    "catalog_version",
    "organization_id",
    "project_id",
    "result",
    "reason",
    "description",
    "attempt_id",
    "phase",
    "actor.type",
    "actor.id",
    "actor.name",
    "actor.email",
    "actor.metadata",
    "on_behalf_of",
    "targets",
    "changes",
    "context.ip",
    "context.user_agent",
    "context.session_id",
    "context.run_id",
    "context.trace_id",
    "context.span_id",
    "request",
    "metadata",
];
/// Columns of which nearly every row has a value of its own: a dictionary of them would hold them all.
const WITHOUT_DICTIONARY: [&str; 3] = ["id", "context.trace_id", "context.span_id"];

/// The names of the usual columns.
pub(super) fn all_columns() -> Vec<String> {
    ALL_COLUMNS.map(str::to_owned).into()
}

/// How much goes into a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Most rows of a row group.
    pub(super) group_rows: usize,
    /// A row group ends once its values have so many bytes.
    pub(super) group_bytes: usize,
    /// Most row groups.
    pub(super) groups: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            group_rows: MAX_GROUP_ROWS,
            group_bytes: MAX_GROUP_BYTES,
            groups: MAX_GROUPS,
        }
    }
}

/// A file that is being written.
pub(super) struct ParquetFile {
    file: SerializedFileWriter<File>,
    columns: row::Columns,
    gathered: Vec<Gathered>,
    limits: Limits,
    places: Places,
    text: String,
    rows: usize,
    groups: usize,
}

impl ParquetFile {
    pub(super) fn begin(columns: Columns, out: File, limits: Limits) -> Result<Self, FormatError> {
        let fields = columns
            .titled
            .iter()
            .map(|(name, column)| field(name, column.kind()).map(Arc::new));
        let fields = fields.collect::<Result<_, _>>().map_err(failed)?;
        let schema = Schema::group_type_builder("events")
            .with_fields(fields)
            .build()
            .map_err(failed)?;
        let properties = Arc::new(properties(&columns).map_err(failed)?);
        let file = SerializedFileWriter::new(out, Arc::new(schema), properties);
        let kinds = columns.each().map(|column| column.kind());
        Ok(Self {
            file: file.map_err(failed)?,
            gathered: kinds.map(Gathered::new).collect(),
            columns: row::Columns::new(columns.each()),
            limits,
            places: Places::default(),
            text: String::new(),
            rows: 0,
            groups: 0,
        })
    }

    fn end_group(&mut self) -> Result<(), FormatError> {
        if self.rows == 0 {
            return Ok(());
        }
        if self.groups == self.limits.groups {
            let limit = format!("{} row groups", self.limits.groups);
            return Err(FormatError::TooLarge { limit });
        }
        let mut group = self.file.next_row_group().map_err(failed)?;
        for gathered in &mut self.gathered {
            gathered.write(&mut group).map_err(failed)?;
        }
        group.close().map_err(failed)?;
        self.groups += 1;
        self.rows = 0;
        Ok(())
    }
}

impl FileWriter for ParquetFile {
    fn write(&mut self, events: &[WalkedEvent]) -> Result<(), FormatError> {
        for event in events {
            let unreadable = FormatError::of(event.index);
            let row = self
                .columns
                .row(event.index, &event.canonical, &mut self.places)
                .map_err(&unreadable)?;
            for (column, gathered) in self.gathered.iter_mut().enumerate() {
                gathered
                    .add(&row, column, &mut self.text)
                    .map_err(&unreadable)?;
            }
            self.rows += 1;
            let bytes: usize = self.gathered.iter().map(Gathered::bytes).sum();
            if self.rows == self.limits.group_rows || bytes >= self.limits.group_bytes {
                self.end_group()?;
            }
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>, _: &(dyn Fn() -> bool + Sync)) -> Result<(), FormatError> {
        self.end_group()?;
        self.file.finish().map_err(failed)?;
        Ok(())
    }
}

fn failed(error: ParquetError) -> FormatError {
    match error {
        ParquetError::External(error) => match error.downcast::<std::io::Error>() {
            Ok(error) => FormatError::Io(*error),
            Err(error) => other(error.to_string()),
        },
        error => other(error.to_string()),
    }
}

fn other(message: String) -> FormatError {
    let format = super::Format::Parquet.name();
    FormatError::Failed { format, message }
}

/// What a column is in the file.
fn field(name: &str, kind: ColumnKind) -> Result<Schema, ParquetError> {
    let (physical, logical) = match kind {
        ColumnKind::Index | ColumnKind::Integer => (Type::INT64, None),
        ColumnKind::Instant => {
            let instants = LogicalType::timestamp(true, TimeUnit::MICROS);
            (Type::INT64, Some(instants))
        }
        ColumnKind::Text => (Type::BYTE_ARRAY, Some(LogicalType::String)),
        ColumnKind::Json => (Type::BYTE_ARRAY, Some(LogicalType::Json)),
    };
    let repetition = match kind {
        ColumnKind::Index => Repetition::REQUIRED,
        _ => Repetition::OPTIONAL,
    };
    Schema::primitive_type_builder(name, physical)
        .with_repetition(repetition)
        .with_logical_type(logical)
        .build()
}

fn properties(columns: &Columns) -> Result<WriterProperties, ParquetError> {
    let mut properties = WriterProperties::builder()
        .set_created_by(CREATED_BY.to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
        // Those of pages would all be held until the end.
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .set_statistics_truncate_length(Some(MAX_STATISTICS_BYTES));
    for (name, column) in &columns.titled {
        let path = ColumnPath::new(vec![name.clone()]);
        let is_number = !matches!(column.kind(), ColumnKind::Text | ColumnKind::Json);
        if is_number || WITHOUT_DICTIONARY.contains(&name.as_str()) {
            properties = properties.set_column_dictionary_enabled(path.clone(), false);
        }
        if is_number {
            properties = properties.set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
        }
    }
    Ok(properties.build())
}

/// The values of a column that are not in the file yet.
struct Gathered {
    kind: ColumnKind,
    values: Values,
    /// For each row whether it has a value: 1 or 0.
    levels: Vec<i16>,
}

enum Values {
    Numbers(Vec<i64>),
    Texts {
        /// One after the other.
        bytes: Vec<u8>,
        /// Where each ends.
        ends: Vec<usize>,
    },
}

impl Gathered {
    fn new(kind: ColumnKind) -> Self {
        let values = match kind {
            ColumnKind::Index | ColumnKind::Integer | ColumnKind::Instant => {
                Values::Numbers(Vec::new())
            }
            ColumnKind::Text | ColumnKind::Json => Values::Texts {
                bytes: Vec::new(),
                ends: Vec::new(),
            },
        };
        let levels = Vec::new();
        Self {
            kind,
            values,
            levels,
        }
    }

    /// How many bytes it holds.
    fn bytes(&self) -> usize {
        let values = match &self.values {
            Values::Numbers(numbers) => size_of_val(&numbers[..]),
            Values::Texts { bytes, ends } => bytes.len() + size_of_val(&ends[..]),
        };
        values + size_of_val(&self.levels[..])
    }

    fn add(
        &mut self,
        row: &Row<'_>,
        column: usize,
        buffer: &mut String,
    ) -> Result<(), NotCanonical> {
        let is_there = match &mut self.values {
            Values::Numbers(numbers) => {
                let number = match self.kind {
                    ColumnKind::Instant => row.instant(column)?.map(|at| at.as_micros()),
                    _ => row.integer(column)?,
                };
                numbers.extend(number);
                number.is_some()
            }
            Values::Texts { bytes, ends } => {
                let text = row.value_text(column, buffer)?;
                if let Some(text) = text {
                    bytes.extend_from_slice(text.as_bytes());
                    ends.push(bytes.len());
                }
                text.is_some()
            }
        };
        self.levels.push(i16::from(is_there));
        Ok(())
    }

    /// Writes what there is as the next column of a row group, and is empty then.
    fn write(
        &mut self,
        group: &mut SerializedRowGroupWriter<'_, File>,
    ) -> Result<(), ParquetError> {
        let Some(mut column) = group.next_column()? else {
            return Err(ParquetError::General("a column is missing".to_owned()));
        };
        let levels = (self.kind != ColumnKind::Index).then_some(&self.levels[..]);
        match &mut self.values {
            Values::Numbers(numbers) => {
                write_values::<Int64Type>(&mut column, levels, numbers.len(), |from, to, out| {
                    out.extend_from_slice(&numbers[from..to]);
                })?;
                numbers.clear();
            }
            Values::Texts { bytes, ends } => {
                let bytes = Bytes::from(std::mem::take(bytes));
                let count = ends.len();
                let start = |at: usize| at.checked_sub(1).map_or(0, |before| ends[before]);
                write_values::<ByteArrayType>(&mut column, levels, count, |from, to, out| {
                    let texts = (from..to).map(|at| bytes.slice(start(at)..ends[at]));
                    out.extend(texts.map(ByteArray::from));
                })?;
                ends.clear();
            }
        }
        self.levels.clear();
        column.close()
    }
}

/// Writes values, some at a time: `take` gives those from one place to another.
fn write_values<D: DataType>(
    column: &mut SerializedColumnWriter<'_>,
    levels: Option<&[i16]>,
    count: usize,
    take: impl Fn(usize, usize, &mut Vec<D::T>),
) -> Result<(), ParquetError> {
    let column = column.typed::<D>();
    let mut values = Vec::with_capacity(VALUES_AT_ONCE);
    let mut write = |from, to, levels: Option<&[i16]>| {
        values.clear();
        take(from, to, &mut values);
        column.write_batch(&values, levels, None).map(|_| to)
    };
    let mut done = 0;
    match levels {
        Some(levels) => {
            for levels in levels.chunks(VALUES_AT_ONCE) {
                let there = levels.iter().filter(|level| **level == 1).count();
                done = write(done, done + there, Some(levels))?;
            }
        }
        None => {
            while done < count {
                done = write(done, count.min(done + VALUES_AT_ONCE), None)?;
            }
        }
    }
    Ok(())
}

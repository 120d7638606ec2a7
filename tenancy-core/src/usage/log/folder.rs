//! The folder of a log: who has it, who it is, and what earlier runs left in it.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::segment::{ClosedSegment, ENDING, unavailable};
use crate::{Clock, Error, ErrorKind};

const DOING: &str = "open the usage log";

/// A folder that no other process has.
pub(super) struct Folder {
    pub(super) path: PathBuf,
    pub(super) producer: Uuid,
    pub(super) epoch: u64,
    /// Let go when the process ends, in whatever way.
    _lock: File,
}

impl Folder {
    /// Takes the folder, and begins a new epoch.
    pub(super) fn take(path: &Path, clock: &dyn Clock) -> Result<Self, Error> {
        fs::create_dir_all(path).map_err(|source| unavailable(DOING, source))?;
        let lock = lock(path)?;
        let before = read_producer(path)?;
        let producer = before.map_or_else(Uuid::now_v7, |(producer, _)| producer);
        // The time, not a number that counts: a folder that was copied or brought back from a
        // backup must not give the names again that the other one gave.
        let now = u64::try_from(clock.now_micros()).unwrap_or(0);
        let epoch = before.map_or(now, |(_, epoch)| now.max(epoch.saturating_add(1))).max(1);
        write_producer(path, producer, epoch).map_err(|source| unavailable(DOING, source))?;
        Ok(Self { path: path.to_owned(), producer, epoch, _lock: lock })
    }

    /// Returns what earlier runs left, in their order.
    pub(super) fn left_behind(&self) -> Result<Vec<ClosedSegment>, Error> {
        let doing = |source| unavailable(DOING, source);
        let mut paths = Vec::new();
        for file in fs::read_dir(&self.path).map_err(doing)? {
            let path = file.map_err(doing)?.path();
            if path.extension().is_some_and(|ending| ending == ENDING) {
                paths.push(path);
            }
        }
        paths.sort();
        let segments = paths.into_iter().map(ClosedSegment::recover);
        segments.filter_map(Result::transpose).collect()
    }
}

fn lock(path: &Path) -> Result<File, Error> {
    let file = File::create(path.join("lock")).map_err(|source| unavailable(DOING, source))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::new(
            ErrorKind::Misconfigured,
            "open the usage log: another process has it: give each process a folder of its own",
        )),
        Err(TryLockError::Error(source)) => Err(unavailable(DOING, source)),
    }
}

/// Reads who wrote here before. What cannot be read is as good as nobody: files name their own
/// producer.
fn read_producer(path: &Path) -> Result<Option<(Uuid, u64)>, Error> {
    let text = match fs::read_to_string(path.join("producer")) {
        Ok(text) => text,
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidData) =>
        {
            return Ok(None);
        }
        Err(source) => return Err(unavailable(DOING, source)),
    };
    let parts = text.trim_end().split_once(' ');
    Ok(parts.and_then(|(producer, epoch)| Some((producer.parse().ok()?, epoch.parse().ok()?))))
}

/// Replaces the file in one step: a crash leaves the old one or the new one.
fn write_producer(path: &Path, producer: Uuid, epoch: u64) -> io::Result<()> {
    let new = path.join("producer.new");
    let mut file = File::create(&new)?;
    writeln!(file, "{producer} {epoch}")?;
    file.sync_all()?;
    fs::rename(new, path.join("producer"))?;
    sync(path)
}

/// Brings the names in a folder to the disk.
pub(super) fn sync(path: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
}

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::entry::{self, Entry};
use super::folder;
use super::frame::{self, End};
use crate::usage::{BatchId, UsageBatch};
use crate::{Error, ErrorKind, TenantId};

/// A file that is written to. It is the batch that it will be delivered as: one for each tenant
/// in it, under one name.
pub(super) struct OpenSegment {
    file: File,
    path: PathBuf,
    id: BatchId,
    /// What is on the disk for sure; what stands behind it was acknowledged to nobody.
    good: u64,
}

/// A file that nobody writes to any more. Its contents never change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ClosedSegment {
    pub(super) path: PathBuf,
    pub(super) id: BatchId,
    pub(super) bytes: u64,
}

impl OpenSegment {
    pub(super) fn create(folder: &Path, id: BatchId) -> io::Result<Self> {
        let path = folder.join(file_name(id));
        let mut file = OpenOptions::new().append(true).create_new(true).open(&path)?;
        let mut head = Vec::new();
        frame::push(&mut head, &entry::name(id));
        let written = file.write_all(&head).and_then(|()| file.sync_all());
        // The name too must be on the disk before anything in it is acknowledged.
        if let Err(error) = written.and_then(|()| folder::sync(folder)) {
            // There was no count in it.
            let _ = fs::remove_file(&path);
            return Err(error);
        }
        Ok(Self { file, path, id, good: u64::try_from(head.len()).unwrap_or(u64::MAX) })
    }

    /// Brings a frame to the disk: when this returns, it is there.
    pub(super) fn append(&mut self, frame: &[u8]) -> io::Result<()> {
        self.file.write_all(frame)?;
        self.file.sync_data()?;
        self.good += u64::try_from(frame.len()).unwrap_or(u64::MAX);
        Ok(())
    }

    /// Takes back a frame that failed. A file that does not let us is closed as it is: what is
    /// behind the good part was acknowledged to nobody.
    pub(super) fn take_back(&mut self) -> io::Result<()> {
        self.file.set_len(self.good)?;
        self.file.sync_data()
    }

    pub(super) fn len(&self) -> u64 {
        self.good
    }

    pub(super) fn close(self) -> ClosedSegment {
        ClosedSegment { path: self.path, id: self.id, bytes: self.good }
    }
}

impl ClosedSegment {
    /// Finds out what a file is that an earlier run left; `None` when nothing was counted in it.
    /// What a crash cut off is removed for good.
    pub(super) fn recover(path: PathBuf) -> Result<Option<Self>, Error> {
        let doing = |source: io::Error| unavailable("open the usage log", source);
        let bytes = fs::read(&path).map_err(doing)?;
        let frames = frame::read(&bytes);
        let length = match frames.end {
            End::Whole => bytes.len(),
            End::Torn(at) => {
                let cut = bytes.len() - at;
                tracing::warn!(usage.file = %path.display(), usage.bytes = cut,
                    "a crash cut off usage that was acknowledged to nobody");
                let file = OpenOptions::new().write(true).open(&path).map_err(doing)?;
                let length = u64::try_from(at).unwrap_or(u64::MAX);
                file.set_len(length).and_then(|()| file.sync_all()).map_err(doing)?;
                at
            }
            End::Damaged(at) => return Err(damaged(&path, at)),
        };
        let Some(head) = frames.contents.first().filter(|_| frames.contents.len() > 1) else {
            fs::remove_file(&path).map_err(doing)?;
            return Ok(None);
        };
        let id = entry::read_name(&bytes[head.clone()])?;
        if path.file_name().is_none_or(|name| name != file_name(id).as_str()) {
            return Err(damaged(&path, 0));
        }
        Ok(Some(Self { path, id, bytes: u64::try_from(length).unwrap_or(u64::MAX) }))
    }

    /// Reads what it counts: a batch for each tenant, always the same.
    pub(super) fn batches(&self) -> Result<Vec<UsageBatch>, Error> {
        let bytes =
            fs::read(&self.path).map_err(|source| unavailable("read the usage log", source))?;
        let frames = frame::read(&bytes);
        if let End::Damaged(at) = frames.end {
            return Err(damaged(&self.path, at));
        }
        let mut batches: BTreeMap<TenantId, UsageBatch> = BTreeMap::new();
        for contents in frames.contents.into_iter().skip(1) {
            for Entry { tenant, hour, series, count } in Entry::read_all(&bytes[contents])? {
                let batch = batches.entry(tenant);
                let batch = batch.or_insert_with(|| UsageBatch::new(self.id, tenant));
                batch.add(hour, &series, count);
            }
        }
        Ok(batches.into_values().collect())
    }

    pub(super) fn remove(&self) -> Result<(), Error> {
        // Should it come back after a crash, it is delivered once more and known again.
        fs::remove_file(&self.path).map_err(|source| unavailable("clear the usage log", source))
    }
}

/// The ending of files with counts.
pub(super) const ENDING: &str = "usage";

/// Names sort as the files were made.
fn file_name(id: BatchId) -> String {
    format!("{:020}-{:020}.{ENDING}", id.epoch(), id.sequence())
}

fn damaged(path: &Path, at: usize) -> Error {
    let message = format!(
        "open the usage log: {} is damaged at byte {at}, before usage that was acknowledged: \
         restore the file, or move it away and settle what it counted by hand",
        path.display()
    );
    Error::new(ErrorKind::Internal, message)
}

pub(super) fn unavailable(doing: &'static str, source: io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, doing).with_source(source)
}

//! Reading a host's archive, which is untrusted input.
//!
//! Three meters stand between the network and us: packed bytes in, unpacked bytes out, and how
//! much the tar reader may take for one header (long names and extended attributes are read into
//! memory, so a header of 400 MB must end early).

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read};
use std::rc::Rc;

use flate2::bufread::MultiGzDecoder;
use tar::{Archive, Entry, EntryType};

use super::builder::SnapshotBuilder;
use super::path;
use super::snapshot::{SnapshotError, SnapshotLimits};

/// What one header may take together with its extensions; real ones take a few KB.
const HEADER_BYTES_MAX: u64 = 1_024 * 1_024;

/// How a gzip stream begins.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// What was read so far, shared by the readers around the decoder.
struct Meters {
    limits: SnapshotLimits,
    packed: Cell<u64>,
    unpacked: Cell<u64>,
    /// `unpacked` may not pass this.
    ceiling: Cell<u64>,
    breach: Cell<Option<Breach>>,
}

#[derive(Clone, Copy)]
enum Breach {
    Size,
    Ratio,
    Header,
}

impl Meters {
    /// Lets the tar reader take one header after `content` bytes that it has yet to skip.
    fn allow_header(&self, content: u64) {
        let ahead = content.saturating_add(HEADER_BYTES_MAX);
        self.ceiling.set(self.unpacked.get().saturating_add(ahead));
    }

    /// Lets an entry's content be read; the overall limits still hold.
    fn allow_content(&self) {
        self.ceiling.set(u64::MAX);
    }

    fn take(&self, bytes: usize) -> io::Result<()> {
        let unpacked = self.unpacked.get().saturating_add(bytes as u64);
        self.unpacked.set(unpacked);
        let packed_at_most = self.packed.get().saturating_mul(self.limits.ratio_max);
        let breach = if self.limits.bytes_max < unpacked {
            Breach::Size
        } else if self.limits.ratio_from_bytes < unpacked && packed_at_most < unpacked {
            Breach::Ratio
        } else if self.ceiling.get() < unpacked {
            Breach::Header
        } else {
            return Ok(());
        };
        self.breach.set(Some(breach));
        Err(io::Error::other("a limit was passed"))
    }

    /// What an error while reading means: a passed limit, or a damaged archive.
    fn explain(&self, error: io::Error) -> SnapshotError {
        let Some(breach) = self.breach.get() else { return SnapshotError::Damaged(error) };
        match breach {
            Breach::Size => SnapshotError::TooLarge { bytes_max: self.limits.bytes_max },
            Breach::Ratio => SnapshotError::Ratio { ratio_max: self.limits.ratio_max },
            Breach::Header => {
                SnapshotError::Damaged(io::Error::other("a header larger than a megabyte"))
            }
        }
    }
}

/// Counts what comes in.
struct Packed<R> {
    inner: R,
    meters: Rc<Meters>,
}

impl<R: Read> Read for Packed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.meters.packed.set(self.meters.packed.get().saturating_add(n as u64));
        Ok(n)
    }
}

/// Counts what comes out, and stops at the limits.
struct Unpacked<R> {
    inner: R,
    meters: Rc<Meters>,
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.meters.take(n)?;
        Ok(n)
    }
}

/// Adds an archive's regular files to a builder.
pub(super) fn read_into(
    builder: &mut SnapshotBuilder,
    archive: impl Read,
) -> Result<(), SnapshotError> {
    let meters = Rc::new(Meters {
        limits: builder.limits(),
        packed: Cell::new(0),
        unpacked: Cell::new(0),
        ceiling: Cell::new(HEADER_BYTES_MAX),
        breach: Cell::new(None),
    });
    let mut packed = BufReader::new(Packed { inner: archive, meters: Rc::clone(&meters) });
    let head = packed.fill_buf().map_err(SnapshotError::Damaged)?;
    let plain: Box<dyn Read + '_> = if head.starts_with(&GZIP_MAGIC) {
        Box::new(MultiGzDecoder::new(packed))
    } else {
        Box::new(packed)
    };
    let mut tar = Archive::new(Unpacked { inner: plain, meters: Rc::clone(&meters) });
    let mut some = false;
    for entry in tar.entries().map_err(|it| meters.explain(it))? {
        let entry = entry.map_err(|it| meters.explain(it))?;
        builder.count_entry()?;
        meters.allow_content();
        let unread = read_entry(builder, entry, &meters)?;
        meters.allow_header(unread);
        some = true;
    }
    if !some {
        return Err(SnapshotError::Damaged(io::Error::other("it holds no entry")));
    }
    // To the very end: only there does the checksum show that nothing was cut.
    meters.allow_content();
    io::copy(&mut tar.into_inner(), &mut io::sink()).map_err(|it| meters.explain(it))?;
    Ok(())
}

/// Takes one entry; answers how many of its bytes were left for the tar reader to skip.
fn read_entry<R: Read>(
    builder: &mut SnapshotBuilder,
    mut entry: Entry<'_, R>,
    meters: &Meters,
) -> Result<u64, SnapshotError> {
    let unread = entry.header().entry_size().map_err(SnapshotError::Damaged)?;
    #[expect(clippy::wildcard_enum_match_arm, reason = "the crate's list of kinds may grow")]
    match entry.header().entry_type() {
        EntryType::Regular | EntryType::Continuous => {}
        EntryType::Directory | EntryType::XGlobalHeader => return Ok(unread),
        EntryType::Link | EntryType::Symlink => {
            builder.skipped_mut().links += 1;
            return Ok(unread);
        }
        _ => {
            builder.skipped_mut().special += 1;
            return Ok(unread);
        }
    }
    let name = entry.path_bytes().into_owned();
    let whole = std::str::from_utf8(&name).ok().and_then(path::safe);
    let Some(path) = whole.as_deref().and_then(path::without_first_part) else {
        builder.skipped_mut().names += 1;
        return Ok(unread);
    };
    let size = entry.size();
    match builder.put(path, &mut entry) {
        Ok(None) => Ok(size),
        Ok(Some(read)) if read == size => Ok(0),
        Ok(Some(_)) => Err(SnapshotError::Damaged(io::ErrorKind::UnexpectedEof.into())),
        Err(SnapshotError::Damaged(error)) => Err(meters.explain(error)),
        Err(other) => Err(other),
    }
}

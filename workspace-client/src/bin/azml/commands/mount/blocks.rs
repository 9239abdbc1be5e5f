//! The parts of blobs that were read last.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use auth_core::Error;
use tokio::sync::OnceCell;
use workspace_client::transfer::Blob;

use super::source::Source;

/// As much as is asked for at once.
const BLOCK: u64 = 4 << 20;
/// So many are kept, 64 MiB in all.
const KEPT: usize = 16;

/// A part, which is fetched once for everybody who wants it.
type Block = Arc<OnceCell<Vec<u8>>>;

/// Blocks by their file and place; the one that was wanted last comes first.
#[derive(Default)]
pub(super) struct Blocks(Mutex<VecDeque<((u64, u64), Block)>>);

impl Blocks {
    /// At most so many bytes of the file of this number; fewer at its end.
    pub(super) async fn read(
        &self,
        source: &Source,
        number: u64,
        blob: &Blob,
        from: u64,
        count: u64,
    ) -> Result<Vec<u8>, Error> {
        let end = from.saturating_add(count).min(blob.size());
        let mut read = Vec::new();
        let mut at = from;
        while at < end {
            let (index, start) = (at / BLOCK, at / BLOCK * BLOCK);
            let block = self.block((number, index));
            let bytes = block.get_or_try_init(|| source.read(blob, start, BLOCK)).await?;
            let wanted = |at: u64| usize::try_from(at - start).unwrap_or(usize::MAX).min(bytes.len());
            let part = &bytes[wanted(at)..wanted(end.min(start + BLOCK))];
            if part.is_empty() {
                break;
            }
            read.extend_from_slice(part);
            at += part.len() as u64;
        }
        Ok(read)
    }

    fn block(&self, place: (u64, u64)) -> Block {
        let mut blocks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = blocks.iter().position(|(known, _)| *known == place).and_then(|at| blocks.remove(at));
        let (place, block) = known.unwrap_or_else(|| (place, Block::default()));
        blocks.push_front((place, block.clone()));
        blocks.truncate(KEPT);
        block
    }
}

//! A part of a blob, as `Range` and `x-ms-range` name it.

/// From here, and to there if that is said; both belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    first: usize,
    last: Option<usize>,
}

impl Range {
    /// What is no range of bytes is passed over, as Azure does.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
        let last = if last.is_empty() { None } else { Some(last.parse().ok()?) };
        Some(Self { first: first.parse().ok()?, last })
    }

    /// The first and the last byte of it that are there.
    pub(super) fn within(self, length: usize) -> Option<(usize, usize)> {
        let end = length.checked_sub(1)?;
        let last = self.last.unwrap_or(end).min(end);
        (self.first <= last).then_some((self.first, last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_ends_where_the_blob_does() {
        let within = |text: &str, length| Range::read(text).and_then(|range| range.within(length));
        assert_eq!(within("bytes=0-33554431", 3), Some((0, 2)));
        assert_eq!(within("bytes=2-", 3), Some((2, 2)));
        assert_eq!(within("bytes=3-", 3), None);
        assert_eq!(within("bytes=0-", 0), None);
        assert_eq!(Range::read("lines=1-2"), None);
    }
}

//! The list of blocks that becomes a blob.

use super::error::BlobError;

/// Where a block is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Committed,
    Latest,
    Uncommitted,
}

impl Place {
    /// The block, from what was uploaded since, or from the blob that is there.
    pub(super) fn find<T>(self, uncommitted: impl Fn() -> Option<T>, committed: impl Fn() -> Option<T>) -> Option<T> {
        match self {
            Self::Committed => committed(),
            Self::Latest => uncommitted().or_else(committed),
            Self::Uncommitted => uncommitted(),
        }
    }
}

/// The ids in their order, and where each is looked for. They are Base64, so that nothing in them is escaped.
pub(super) fn read(body: &[u8]) -> Result<Vec<(Place, String)>, BlobError> {
    let refused = || BlobError::bad_request("InvalidXmlDocument", "XML specified is not syntactically valid.");
    let text = std::str::from_utf8(body).map_err(|_| refused())?;
    let (_, list) = text.split_once("<BlockList").ok_or_else(refused)?;
    let ids = list.split('<').filter_map(|tag| {
        let (name, id) = tag.split_once('>')?;
        let place = match name {
            "Committed" => Place::Committed,
            "Latest" => Place::Latest,
            "Uncommitted" => Place::Uncommitted,
            _ => return None,
        };
        Some((place, id.trim().to_owned()))
    });
    Ok(ids.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_ids_of_three_kinds_in_their_order() {
        let list = "<?xml version=\"1.0\"?>\n<BlockList>\n <Latest>AA==</Latest><Committed>AQ==</Committed>\n<Uncommitted>Ag==</Uncommitted></BlockList>";
        let ids = read(list.as_bytes()).unwrap();
        let wanted = [(Place::Latest, "AA=="), (Place::Committed, "AQ=="), (Place::Uncommitted, "Ag==")];
        assert_eq!(ids, wanted.map(|(place, id)| (place, id.to_owned())));
        assert_eq!(read(b"<BlockList/>").unwrap(), []);
        read(b"no list").unwrap_err();
    }
}

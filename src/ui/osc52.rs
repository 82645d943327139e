//! Asks the terminal to put text on the clipboard, which works over SSH too.

/// A longer text is refused by many terminals.
pub(crate) const LONGEST: usize = 64 * 1024;

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Returns the sequence that copies `text`.
pub(crate) fn copying(text: &str) -> String {
    format!("\x1b]52;c;{}\x07", base64(text.as_bytes()))
}

fn base64(bytes: &[u8]) -> String {
    let group = |group: &[u8]| {
        let byte = |place: usize| u32::from(group.get(place).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        let digit = |place: usize| {
            let value = usize::try_from(bits >> (18 - 6 * place) & 0x3f).unwrap_or(0);
            if place > group.len() { '=' } else { DIGITS.get(value).map_or('=', |digit| char::from(*digit)) }
        };
        [digit(0), digit(1), digit(2), digit(3)]
    };
    bytes.chunks(3).flat_map(group).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_written_in_base_64() {
        let written = ["", "f", "fo", "foo", "foob", "é:1"].map(|text| base64(text.as_bytes()));
        assert_eq!(written, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "w6k6MQ=="]);
        assert_eq!(copying("foo"), "\x1b]52;c;Zm9v\x07");
    }
}

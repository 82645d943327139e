//! Streams and the screens they make: the text and the cursor that tmux shows for the same bytes, where the two agree
//! with xterm.

/// A name, the bytes, the rows of a screen of 20 by 6 (empty ones at the end left out), and the cursor's column and row.
pub(super) type Stream = (&'static str, &'static str, &'static [&'static str], (u16, u16));

/// The streams.
pub(super) const STREAMS: &[Stream] = &[
    ("plain lines", "one\r\ntwo\r\nthree", &["one", "two", "three"], (5, 2)),
    ("wrapping", "abcdefghijklmnopqrstuvwxyz", &["abcdefghijklmnopqrst", "uvwxyz"], (6, 1)),
    (
        "scrolling",
        "line 0\r\nline 1\r\nline 2\r\nline 3\r\nline 4\r\nline 5\r\nline 6\r\nline 7\r\nline 8\r\nend",
        &["line 4", "line 5", "line 6", "line 7", "line 8", "end"],
        (3, 5),
    ),
    (
        "cursor addressing",
        "\x1b[2J\x1b[3;5Hx\x1b[1;1Htop\x1b[6;18Hend",
        &["top", "", "    x", "", "", "                 end"],
        (19, 5),
    ),
    ("relative moves", "abc\r\ndef\r\nghi\x1b[2A\x1b[1DX\x1b[3BY\x1b[5DZ", &["abX", "def", "ghi", "Z  Y"], (1, 3)),
    (
        "erasing",
        "aaaaaaaaaa\r\nbbbbbbbbbb\r\ncccccccccc\x1b[2;5H\x1b[K\x1b[3;5H\x1b[1K\x1b[1;3H\x1b[2X",
        &["aa  aaaaaa", "bbbb", "     ccccc"],
        (2, 0),
    ),
    ("erasing above", "aaaa\r\nbbbb\r\ncccc\x1b[2;2H\x1b[1J", &["", "  bb", "cccc"], (1, 1)),
    ("erasing below", "aaaa\r\nbbbb\r\ncccc\x1b[2;2H\x1b[J", &["aaaa", "b"], (1, 1)),
    (
        "scroll region",
        "1\r\n2\r\n3\r\n4\r\n5\r\n6\x1b[2;4r\x1b[4;1H\nnew\x1b[r\x1b[6;3Hx",
        &["1", "3", "4", "new", "5", "6 x"],
        (3, 5),
    ),
    (
        "region and moves",
        "1\r\n2\r\n3\r\n4\r\n5\r\n6\x1b[2;4r\x1b[3;3H\x1b[9Aa\x1b[9Bb\x1b[r",
        &["1", "2 a", "3", "4  b", "5", "6"],
        (0, 0),
    ),
    ("reverse index", "1\r\n2\r\n3\x1b[H\x1bM\x1bMtop", &["top", "", "1", "2", "3"], (3, 0)),
    ("insert and delete lines", "1\r\n2\r\n3\r\n4\x1b[2;1H\x1b[2L\x1b[5;1H\x1b[1Mx", &["1", "", "", "2", "x"], (1, 4)),
    (
        "insert and delete characters",
        "abcdefgh\x1b[1;3H\x1b[2@\x1b[1;7H\x1b[1Px\r\n12345\x1b[2;4H\x1b[9Px",
        &["ab  cdxgh", "123x"],
        (4, 1),
    ),
    ("insert mode", "world\r\x1b[4hhello \x1b[4l!", &["hello !orld"], (7, 0)),
    ("tabs", "a\tb\tc\r\n\t\t\t\t\tx", &["a       b       c", "                   x"], (19, 1)),
    ("line drawing", "\x1b(0lqqk\r\nx  x\r\nmqqj\x1b(B\r\nlqk", &["┌──┐", "│  │", "└──┘", "lqk"], (3, 3)),
    ("alternate screen and back", "before\x1b[?1049h\x1b[Hinside\x1b[?1049l after", &["before after"], (12, 0)),
    ("older alternate screen", "before\x1b[?1049h\x1b[2J\x1b[2;2Hin it", &["", " in it"], (6, 1)),
    (
        "wide characters",
        "日本語\r\nab日本語日本語日本語日本\r\n日\x1b[3;1Hx\x1b[3;4Hy",
        &["日本語", "ab日本語日本語日本語", "x  y", "日"],
        (4, 2),
    ),
    ("combining marks", "e\u{301}tude a\u{308}", &["e\u{301}tude a\u{308}"], (7, 0)),
    ("wide at the end", "1234567890123456789日x", &["1234567890123456789", "日x"], (3, 1)),
    ("no wrapping", "\x1b[?7l1234567890123456789012345\x1b[?7h\r\nx", &["12345678901234567895", "x"], (1, 1)),
    ("save and restore", "ab\x1b7\x1b[5;5Hfar\x1b8cd", &["abcd", "", "", "", "    far"], (4, 0)),
    ("repeat", "ab\x1b[5bc", &["abbbbbbc"], (8, 0)),
    (
        "origin mode",
        "\x1b[3;5r\x1b[?6h\x1b[1;1Ha\x1b[9;9Hb\x1b[?6l\x1b[1;1Hc\x1b[r",
        &["c", "", "a", "", "        b"],
        (0, 0),
    ),
    ("scroll up and down", "1\r\n2\r\n3\r\n4\x1b[2Sx\x1b[1Ty", &["", "3", "4", "  y", " x"], (3, 3)),
    ("backspace and carriage return", "abc\x08\x08X\rY", &["YXc"], (1, 0)),
    ("title and strings", "a\x1b]0;title\x07b\x1bPq#0;1\x1b\\c\x1b_x\x1b\\d\x1b^y\x1b\\e", &["abcde"], (5, 0)),
    ("reset", "old\x1b[31m\x1b[3;4r\x1bcnew", &["new"], (3, 0)),
    (
        "pending wrap",
        "12345678901234567890\r\nx\r\n12345678901234567890\ry",
        &["12345678901234567890", "x", "y2345678901234567890"],
        (1, 2),
    ),
    ("next line and index", "ab\x1bDcd\x1bEef", &["ab", "  cd", "ef"], (2, 2)),
];

//! The streams: what a service might print, the size of its screen, and where we differ from tmux on purpose.
//!
//! `⟦60x20⟧` inside a stream changes the size to 60 columns and 20 rows at that place.

/// A stream.
#[derive(Clone, Copy)]
pub(crate) struct Stream {
    /// Its name.
    pub(crate) name: &'static str,
    /// Columns and rows.
    pub(crate) size: (u16, u16),
    /// What is printed.
    pub(crate) bytes: &'static [u8],
    /// Whether it consists of lines, so that the lines of its log have to be those of tmux's history, too.
    pub(crate) lines: bool,
    /// Why the picture is another one than tmux's.
    pub(crate) differs: Option<&'static str>,
}

const fn screen(name: &'static str, text: &'static str) -> Stream {
    Stream { name, size: (20, 6), bytes: text.as_bytes(), lines: false, differs: None }
}

const fn lines(name: &'static str, text: &'static str) -> Stream {
    Stream { lines: true, ..screen(name, text) }
}

const fn recorded(name: &'static str, bytes: &'static [u8], lines: bool) -> Stream {
    Stream { name, size: (80, 24), bytes, lines, differs: None }
}

const fn differs(stream: Stream, why: &'static str) -> Stream {
    Stream { differs: Some(why), ..stream }
}

/// All of them.
pub(crate) const STREAMS: &[Stream] = &[
    // colours
    lines(
        "sixteen colours",
        "\x1b[30ma\x1b[31mb\x1b[37mc\x1b[90md\x1b[97me\x1b[40mf\x1b[47mg\x1b[100mh\x1b[107mi\x1b[m.\r\n",
    ),
    lines("default colours", "\x1b[31;42mon\x1b[39mfg\x1b[49moff\r\n"),
    lines(
        "palette colours",
        "\x1b[38;5;0ma\x1b[38;5;15mb\x1b[38;5;16mc\x1b[38;5;231md\x1b[48;5;255me\x1b[48;5;100mf\x1b[0m\r\n",
    ),
    lines("true colours", "\x1b[38;2;1;2;3ma\x1b[48;2;255;128;0mb\x1b[0mc\r\n"),
    lines("colours with colons", "\x1b[38:5:100ma\x1b[48:2::10:20:30mb\x1b[0m\r\n"),
    lines("a colour over lines", "\x1b[32mone\r\ntwo\r\n\x1b[0mthree\r\n"),
    lines("parameters left out", "\x1b[1;;31mred\x1b[;1mbold\x1b[mplain\r\n"),
    lines("a sequence cut short", "a\x1b[31\x1b[32mgreen\x1b[0m\r\n"),
    lines("unknown attributes", "\x1b[1;99;120;31mx\x1b[0m\r\n"),
    differs(
        screen("background to the edge", "\x1b[44mab\x1b[K\r\n\x1b[0mcd"),
        "the same on the screen; `capture-pane` of tmux 3.3a leaves out cells that were only erased",
    ),
    differs(
        screen("background of a cleared screen", "\x1b[41m\x1b[2J\x1b[3;3Hx\x1b[0m"),
        "the same on the screen; `capture-pane` of tmux 3.3a leaves out cells that were only erased",
    ),
    differs(
        screen("background of a scrolled line", "1\r\n2\r\n3\r\n4\r\n5\r\n6\x1b[45m\r\n\x1b[0m7"),
        "the same on the screen; `capture-pane` of tmux 3.3a leaves out cells that were only erased",
    ),
    screen("background of inserted cells", "abcdef\x1b[1;3H\x1b[46m\x1b[2@\x1b[1P\x1b[2X\x1b[0m"),
    differs(
        screen("background of inserted lines", "1\r\n2\r\n3\x1b[2;1H\x1b[43m\x1b[L\x1b[M\x1b[0m"),
        "the same on the screen; `capture-pane` of tmux 3.3a leaves out cells that were only erased",
    ),
    // attributes
    lines("bold, dim, italic", "\x1b[1mb\x1b[2md\x1b[3mi\x1b[22mn\x1b[23mp\r\n"),
    lines(
        "underlined, reversed, struck, hidden",
        "\x1b[4mu\x1b[24mn\x1b[7mr\x1b[27mn\x1b[9ms\x1b[29mn\x1b[8mh\x1b[28mn\r\n",
    ),
    lines("kinds of underlines", "\x1b[4:3mcurly\x1b[4:0mnone\x1b[21mdouble\x1b[24mnone\r\n"),
    lines("the colour of an underline", "\x1b[4;58;5;9mx\x1b[59my\x1b[0m\r\n"),
    lines("blinking", "\x1b[5mslow\x1b[25mnone\r\n"),
    lines("all at once", "\x1b[1;3;4;7;9;38;5;200;48;2;9;8;7mx\x1b[0my\r\n"),
    screen("attributes saved with the cursor", "\x1b[31;1m\x1b7\x1b[0mplain\x1b8red"),
    // lines and their editing
    lines("plain lines", "one\r\ntwo\r\nthree\r\n"),
    lines("a long line", "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnop\r\nx\r\n"),
    lines("exactly as wide as the screen", "12345678901234567890\r\nx\r\n"),
    lines("more lines than rows", "1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7\r\n8\r\n9\r\n"),
    lines("carriage return over a line", "abcdef\rXY\r\n"),
    lines("backspaces", "abc\x08\x08X\x08\x08\x08\x08Y\r\n"),
    lines("erase to the end", "abcdef\x1b[3D\x1b[K!\r\n"),
    lines("erase from the start", "abcdef\x1b[3D\x1b[1K!\r\n"),
    lines("erase the line", "abcdef\x1b[2K!\r\n"),
    lines("a column by number", "abcdef\x1b[3GX\x1b[9`Y\r\n"),
    lines("to the right and left", "ab\x1b[3Cc\x1b[4Dd\r\n"),
    lines("tabs", "a\tb\tc\r\n\tx\r\n"),
    lines("a tab over text", "abcdefghij\r\tX\r\n"),
    lines(
        "bars that redraw themselves",
        "\r\x1b[32m=>  \x1b[0m 10%\x1b[K\r\x1b[32m==> \x1b[0m 50%\x1b[K\r\x1b[32m===>\x1b[0m100%\x1b[K\r\n",
    ),
    lines("a spinner", "|\x08/\x08-\x08\\\x08done\r\n"),
    lines("a bar that is erased", "working\r\x1b[2Kdone\r\n"),
    lines("control characters", "a\x00b\x07c\x05d\x11e\x7ff\r\n"),
    // wide and odd characters
    lines("wide characters", "日本語 ab\r\n"),
    lines("wide ones that wrap", "abc日本語日本語日本語日本語\r\n"),
    lines("marks", "e\u{301}a\u{308}o\u{302}\r\n"),
    differs(
        lines("half of a wide one overwritten", "日本\r\x1b[CX\r\n"),
        "tmux leaves the other half of a wide character that is damaged; as in xterm, both go",
    ),
    screen("wide at the last column", "1234567890123456789日x"),
    differs(
        screen("wide and erased", "日本語\x1b[1;2H\x1b[X\x1b[1;6HY"),
        "tmux leaves the other half of a wide character that is damaged; as in xterm, both go",
    ),
    differs(
        screen("wide and inserted before", "日本語\x1b[1;2H\x1b[@x"),
        "tmux leaves the other half of a wide character that is damaged; as in xterm, both go",
    ),
    lines("the sign for what is no character", "a\u{fffd}b\r\n"),
    lines("boxes and arrows", "┌─┐ → ✓ █▓░\r\n"),
    // moving and erasing
    screen("addressing", "\x1b[2J\x1b[3;5Hx\x1b[HTop\x1b[6;18Hend\x1b[99;99H!"),
    screen("relative moves", "abc\r\ndef\r\nghi\x1b[2A\x1b[1DX\x1b[3BY\x1b[5DZ"),
    screen("next and previous line", "a\x1b[2Eb\x1b[1Fc\x1b[4dd"),
    screen("erase below and above", "aaaa\r\nbbbb\r\ncccc\x1b[2;2H\x1b[1J\x1b[2;4H\x1b[J"),
    screen("erase above from the third row", "aaaa\r\nbbbb\r\ncccc\r\ndddd\x1b[3;2H\x1b[1J"),
    screen("erase characters", "abcdefgh\x1b[1;3H\x1b[3X"),
    screen("save and restore", "ab\x1b7\x1b[5;5Hfar\x1b8cd\x1b[s\x1b[3;3Hy\x1b[uz"),
    differs(
        screen("pending wrap", "12345678901234567890\x1b[Kx\r\n12345678901234567890\x08y"),
        "behind a full row tmux takes a backspace from the column after the last; xterm, and we, from the last",
    ),
    screen("no wrapping", "\x1b[?7l1234567890123456789012345\x1b[?7h\r\nx"),
    screen("line feeds alone", "ab\ncd\nef"),
    screen("vertical tab and form feed", "ab\x0bcd\x0cef"),
    screen("index and next line", "ab\x1bDcd\x1bEef\x1bMg"),
    // regions
    screen("a scroll region", "1\r\n2\r\n3\r\n4\r\n5\r\n6\x1b[2;4r\x1b[4;1H\nnew\x1b[r\x1b[6;3Hx"),
    screen("reverse index in a region", "1\r\n2\r\n3\r\n4\r\n5\r\n6\x1b[2;4r\x1b[2;1H\x1bMnew\x1b[r"),
    screen("scrolled up and down", "1\r\n2\r\n3\r\n4\x1b[2Sx\x1b[1Ty"),
    screen("scrolled in a region", "1\r\n2\r\n3\r\n4\r\n5\r\n6\x1b[2;5r\x1b[2S\x1b[1T\x1b[r"),
    screen("origin mode", "\x1b[3;5r\x1b[?6h\x1b[1;1Ha\x1b[9;9Hb\x1b[?6l\x1b[1;1Hc\x1b[r"),
    screen("below a region", "\x1b[1;3r\x1b[6;1Hx\r\ny\x1b[2;1Hz\x1b[r"),
    // insert and delete
    screen("insert lines", "1\r\n2\r\n3\r\n4\x1b[2;1H\x1b[2Lx"),
    screen("delete lines", "1\r\n2\r\n3\r\n4\x1b[2;1H\x1b[2Mx"),
    screen("insert and delete in a region", "1\r\n2\r\n3\r\n4\r\n5\r\n6\x1b[2;5r\x1b[3;1H\x1b[L\x1b[2;1H\x1b[M\x1b[r"),
    screen("insert characters", "abcdefgh\x1b[1;3H\x1b[2@x"),
    screen("delete characters", "abcdefgh\x1b[1;3H\x1b[2Px\x1b[99P"),
    screen("insert mode", "world\r\x1b[4hhello \x1b[4l!"),
    // tabs
    screen("own tab stops", "\x1b[3g\x1b[1;5H\x1bH\x1b[1;13H\x1bH\r\ta\tb\tc"),
    differs(screen("back and forth by tabs", "\x1b[2Ia\x1b[Zb\x1b[9Ic"), "tmux does not know the tab forward (CHT)"),
    screen("a tab stop taken away", "\x1b[1;9H\x1b[g\r\tx"),
    // character sets
    screen("line drawing", "\x1b(0lqqk\r\nx  x\r\nmqqj\x1b(B\r\nlqk"),
    screen("shifted out and in", "\x1b)0\x0elqk\x0flqk"),
    screen("repeat", "ab\x1b[5bc"),
    screen("a screen of letters", "\x1b#8\x1b[2;2Hx"),
    // the other screen
    screen("alternate screen and back", "before\x1b[?1049h\x1b[Hinside\x1b[?1049l after"),
    screen("on the alternate screen", "before\x1b[?1049h\x1b[2J\x1b[2;2H\x1b[31min it\x1b[0m"),
    screen("older alternate screen", "before\x1b[?47h\x1b[Hin it\x1b[?47l after"),
    screen("cursor hidden and shown", "a\x1b[?25lb"),
    screen("reset", "old\x1b[31m\x1b[3;4r\x1b[?7l\x1bcnew"),
    differs(screen("soft reset", "old\x1b[4h\x1b[?6h\x1b[!pnew"), "tmux does not know the soft reset (DECSTR)"),
    // strings and questions, which show nothing
    lines("titles and strings", "a\x1b]0;title\x07b\x1bPq#0;1\x1b\\c\x1b_x\x1b\\d\x1b]52;c;aGk=\x07e\r\n"),
    lines("links", "\x1b]8;;http://example.org\x1b\\link\x1b]8;;\x1b\\ end\r\n"),
    lines("questions", "a\x1b[6n\x1b[c\x1b[>c\x1b]11;?\x07b\r\n"),
    lines("broken off", "a\x1b[12\x18b\x1b]0;t\x18c\r\n"),
    // sizes
    screen("wider: lines flow", "0123456789abcdefghijklmnop\r\nx⟦40x6⟧y"),
    screen("narrower: lines flow", "0123456789abcdefghij\r\nx⟦10x6⟧y"),
    screen("lower: the end stays", "1\r\n2\r\n3\r\n4\r\n5\r\n6⟦20x3⟧x"),
    screen("higher", "1\r\n2⟦20x9⟧\x1b[9;1Hx"),
    screen("the alternate screen of another size", "\x1b[?1049h\x1b[Habc\x1b[6;1Hend⟦30x8⟧\x1b[2J\x1b[8;1Hnew"),
    // recorded from the programs
    recorded("cargo build", include_bytes!("../../corpus/recorded/cargo.out"), true),
    recorded("npm install", include_bytes!("../../corpus/recorded/npm.out"), true),
    recorded("pip install", include_bytes!("../../corpus/recorded/pip.out"), true),
    recorded("apt-get update", include_bytes!("../../corpus/recorded/apt.out"), true),
    // written by hand in the form that the programs print
    recorded("docker pull", include_bytes!("../../corpus/recorded/docker.out"), false),
    recorded("apt-get install", include_bytes!("../../corpus/recorded/apt-install.out"), false),
];

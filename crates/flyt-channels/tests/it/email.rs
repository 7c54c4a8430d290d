//! Mails as bytes: their parts, and that nothing a customer wrote becomes a header.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flyt_channels::email::{Attachment, CalendarPart, Mail, Party, Refused, ascii_address, build};

const EVIL: &str = "<b>Åse</b> {{ x }} \"\r\nBcc: a@b.c";

fn party(name: &str, address: &str) -> Party {
    Party {
        name: Some(name.into()),
        address: address.into(),
    }
}

fn mail() -> Mail {
    Mail {
        from: party("Salong Nord", "post@salong.example"),
        to: party("Kari Nordmann", "kari@kunde.example"),
        subject: "Påminnelse: klipp i morgen kl. 10:00".into(),
        html: Some("<p>Vi sees i morgen, Kari.</p>".into()),
        text: "Vi sees i morgen, Kari.\n".into(),
        message_id: "stp_01@flyt.example".into(),
        thread_root: Some("bkg_01@flyt.example".into()),
        date: "2026-11-22T09:00:00Z".parse().unwrap(),
        ..Mail::default()
    }
}

fn text(mail: &Mail) -> String {
    String::from_utf8(build(mail).unwrap()).unwrap()
}

/// The header lines of the mail itself, unfolded.
fn headers(mail: &Mail) -> Vec<(String, String)> {
    let text = text(mail);
    let head = text
        .split_once("\r\n\r\n")
        .unwrap()
        .0
        .replace("\r\n ", " ")
        .replace("\r\n\t", " ");
    let pairs = head.split("\r\n").map(|line| line.split_once(": ").unwrap());
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn header(mail: &Mail, name: &str) -> String {
    let found: Vec<String> = headers(mail)
        .into_iter()
        .filter(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, v)| v)
        .collect();
    assert_eq!(found.len(), 1, "{name}: {found:?}");
    found[0].clone()
}

/// A header value as its reader sees it: encoded words of base64 decoded.
fn read(value: &str) -> String {
    let mut shown = Vec::new();
    let mut after_word = false;
    for token in value.split(' ') {
        let lower = token.to_ascii_lowercase();
        if lower.starts_with("=?utf-8?b?") && token.ends_with("?=") {
            if !after_word && !shown.is_empty() {
                shown.push(b' ');
            }
            shown.extend(STANDARD.decode(&token[10..token.len() - 2]).unwrap());
            after_word = true;
        } else {
            if !shown.is_empty() {
                shown.push(b' ');
            }
            shown.extend(token.as_bytes());
            after_word = false;
        }
    }
    String::from_utf8(shown).unwrap()
}

#[test]
fn a_mail_says_who_writes_to_whom_and_that_a_machine_wrote_it() {
    let mail = mail();
    assert_eq!(header(&mail, "From"), "\"Salong Nord\" <post@salong.example>");
    assert_eq!(header(&mail, "To"), "\"Kari Nordmann\" <kari@kunde.example>");
    assert_eq!(read(&header(&mail, "Subject")), mail.subject);
    assert_eq!(header(&mail, "Date"), "Sun, 22 Nov 2026 09:00:00 +0000");
    assert_eq!(header(&mail, "Message-ID"), "<stp_01@flyt.example>");
    assert_eq!(header(&mail, "In-Reply-To"), "<bkg_01@flyt.example>");
    assert_eq!(header(&mail, "References"), "<bkg_01@flyt.example>");
    assert_eq!(header(&mail, "Auto-Submitted"), "auto-generated");
    assert_eq!(header(&mail, "MIME-Version"), "1.0");
    assert!(
        build(&mail).unwrap().is_ascii(),
        "no relay needs to know 8BITMIME"
    );
}

#[test]
fn the_same_mail_is_the_same_bytes_at_every_attempt() {
    let mut mail = mail();
    mail.attachments = vec![Attachment {
        name: "a.pdf".into(),
        content_type: "application/pdf".into(),
        bytes: vec![0; 99],
    }];
    assert_eq!(build(&mail).unwrap(), build(&mail.clone()).unwrap());
    let other = Mail {
        message_id: "stp_02@flyt.example".into(),
        ..mail.clone()
    };
    let boundary = |mail: &Mail| header(mail, "Content-Type");
    assert_ne!(boundary(&mail), boundary(&other));
}

#[test]
fn text_comes_before_html_and_the_invitation_stands_beside_them() {
    let ics = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n";
    for method in ["REQUEST", "CANCEL"] {
        let calendar = Some(CalendarPart {
            method: method.into(),
            ics: ics.into(),
        });
        let mail = Mail { calendar, ..mail() };
        let text = text(&mail);
        let place = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part} in {text}"));
        assert!(header(&mail, "Content-Type").starts_with("multipart/alternative"));
        assert!(place("text/plain") < place("text/html") && place("text/html") < place("text/calendar"));
        assert!(text.contains(&format!("method={method}")));
        assert!(text.contains(&STANDARD.encode(ics)), "line ends stay CRLF");
    }
    let calendar = Some(CalendarPart {
        method: "PUBLISH".into(),
        ics: ics.into(),
    });
    let published = text(&Mail { calendar, ..mail() });
    assert!(
        published.contains("multipart/mixed") && published.contains("attachment; filename=\"invite.ics\"")
    );
}

#[test]
fn a_mail_of_text_alone_has_one_part() {
    let plain = Mail { html: None, ..mail() };
    assert_eq!(header(&plain, "Content-Type"), "text/plain; charset=utf-8");
    assert!(text(&plain).ends_with("Vi sees i morgen, Kari.\r\n\r\n"));
}

#[test]
fn attachments_keep_their_bytes_and_names() {
    let bytes: Vec<u8> = (0..=255).collect();
    let file = Attachment {
        name: "../kvittering æ.pdf".into(),
        content_type: "application/pdf".into(),
        bytes,
    };
    let text = text(&Mail {
        attachments: vec![file.clone()],
        ..mail()
    });
    assert!(text.contains("multipart/mixed"));
    assert!(
        text.contains("filename*0*=utf-8''.._kvittering%20%C3%A6.pdf"),
        "{text}"
    );
    let flat = text.replace("\r\n", "");
    assert!(flat.contains(&STANDARD.encode(file.bytes)));
}

#[test]
fn hidden_copies_are_in_no_byte_and_everyone_is_in_the_envelope_once() {
    let mut mail = mail();
    mail.cc = vec![party("Leder", "Leder@Salong.example")];
    mail.bcc = vec![
        party("Arkiv", "arkiv@salong.example"),
        party("", "KARI@kunde.example"),
    ];
    assert_eq!(
        mail.envelope_to(),
        [
            "kari@kunde.example",
            "Leder@salong.example",
            "arkiv@salong.example"
        ]
    );
    assert!(!text(&mail).to_ascii_lowercase().contains("arkiv"));
    assert_eq!(header(&mail, "Cc"), "Leder <Leder@salong.example>");
}

#[test]
fn a_line_end_or_nul_in_any_header_field_refuses_the_mail() {
    for evil in ["x\r\nBcc: a@b.c", "x\nBcc: a@b.c", "x\rBcc: a@b.c", "x\0y", EVIL] {
        for case in with_in_each_field(evil) {
            assert!(
                matches!(build(&case), Err(Refused::LineBreak(_))),
                "{case:?}: {:?}",
                build(&case)
            );
        }
        let header = Mail {
            headers: vec![(evil.into(), "x".into())],
            ..mail()
        };
        assert!(matches!(build(&header), Err(Refused::Header(_))));
        let calendar = Some(CalendarPart {
            method: evil.into(),
            ics: String::new(),
        });
        assert!(matches!(
            build(&Mail { calendar, ..mail() }),
            Err(Refused::ContentType(_))
        ));
    }
}

/// Mails that hold the text in one header field each.
fn with_in_each_field(evil: &str) -> [Mail; 13] {
    let named = || party(evil, "a@b.example");
    let addressed = || Party {
        name: None,
        address: format!("a@b.example{evil}"),
    };
    let file = |name: &str, content_type: &str| {
        vec![Attachment {
            name: name.into(),
            content_type: content_type.into(),
            bytes: Vec::new(),
        }]
    };
    [
        Mail {
            from: named(),
            ..mail()
        },
        Mail {
            from: addressed(),
            ..mail()
        },
        Mail {
            to: named(),
            ..mail()
        },
        Mail {
            to: addressed(),
            ..mail()
        },
        Mail {
            cc: vec![named()],
            ..mail()
        },
        Mail {
            bcc: vec![named()],
            ..mail()
        },
        Mail {
            reply_to: Some(named()),
            ..mail()
        },
        Mail {
            subject: evil.into(),
            ..mail()
        },
        Mail {
            message_id: evil.into(),
            ..mail()
        },
        Mail {
            thread_root: Some(evil.into()),
            ..mail()
        },
        Mail {
            attachments: file(evil, "text/plain"),
            ..mail()
        },
        Mail {
            attachments: file("a.txt", evil),
            ..mail()
        },
        Mail {
            headers: vec![("X-Name".into(), evil.into())],
            ..mail()
        },
    ]
}

#[test]
fn what_looks_like_markup_a_template_or_an_encoded_word_stays_literal() {
    let names = [
        "<b>Åse</b> {{ x }} \" Bcc: a@b.c",
        "Kari \"K\" \\ Nordmann, a@b.c;",
        "=?utf-8?q?evil?=",
        "tab\tbell\u{7}escape\u{1b}line\u{85}end",
        "<a@b.c>",
        "   ",
        "",
        "李雷 👩🏽‍🦱",
    ];
    for name in names {
        let mail = Mail {
            from: party(name, "post@salong.example"),
            subject: name.into(),
            ..mail()
        };
        let names: Vec<String> = headers(&mail).into_iter().map(|(name, _)| name).collect();
        let expected = [
            "From",
            "To",
            "Date",
            "Subject",
            "Message-ID",
            "In-Reply-To",
            "References",
            "Auto-Submitted",
            "MIME-Version",
            "Content-Type",
        ];
        assert_eq!(names, expected, "{name:?}");
        let from = header(&mail, "From");
        assert!(
            from.ends_with("post@salong.example>") || from == "post@salong.example",
            "{from}"
        );
        let printed: String = name
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        assert_eq!(read(&header(&mail, "Subject")), printed.trim_start(), "{name:?}");
    }
    let encoded = Mail {
        subject: "=?utf-8?q?evil?=".into(),
        ..mail()
    };
    assert!(
        !text(&encoded).contains("=?utf-8?q?evil?="),
        "a reader would show something else"
    );
}

#[test]
fn long_subjects_fold_and_come_back_whole() {
    for subject in [
        "x".repeat(2000),
        "blåbær ".repeat(60).trim_end().to_owned(),
        "word ".repeat(80).trim_end().to_owned(),
    ] {
        let mail = Mail {
            subject: subject.clone(),
            ..mail()
        };
        assert_eq!(read(&header(&mail, "Subject")), subject);
        assert!(
            text(&mail).split("\r\n").all(|line| line.len() <= 998),
            "RFC 5322 §2.1.1"
        );
    }
}

#[test]
fn long_and_odd_bodies_stay_within_the_line_limit_of_smtp() {
    let body = format!("{}\r.\r\n.\n..\0\n{}", "å".repeat(3000), "x".repeat(3000));
    let text = text(&Mail {
        text: body.clone(),
        html: Some(body),
        ..mail()
    });
    assert!(
        text.split("\r\n")
            .all(|line| line.len() <= 998 && !line.contains(['\r', '\n', '\0']))
    );
}

#[test]
fn addresses_go_out_in_ascii_or_not_at_all() {
    let of = |text: &str| ascii_address(text).map(|address| address.to_string());
    assert_eq!(of("post@blåbær.no").as_deref(), Some("post@xn--blbr-roah.no"));
    assert_eq!(
        of(" kari.n+x@Kunde.Example ").as_deref(),
        Some("kari.n+x@kunde.example")
    );
    for bad in [
        "",
        "kari",
        "@b.no",
        "a@",
        "a b@c.no",
        "åse@c.no",
        "a@b@",
        "a@[127.0.0.1]",
        "a@127.0.0.1",
        "a@b%2eno",
        "a@b.no.",
    ] {
        assert_eq!(of(bad), None, "{bad}");
    }
    let mail = Mail {
        to: Party {
            name: None,
            address: "post@blåbær.no".into(),
        },
        ..mail()
    };
    assert_eq!(header(&mail, "To"), "post@xn--blbr-roah.no");
    assert_eq!(
        build(&Mail {
            to: Party::default(),
            ..mail
        }),
        Err(Refused::Address("to"))
    );
}

#[test]
fn further_headers_are_written_whole_and_never_replace_our_own() {
    let link = format!("<https://flyt.example/u/{}>", "x".repeat(200));
    let headers = vec![
        ("List-Unsubscribe".into(), link.clone()),
        (
            "List-Unsubscribe-Post".into(),
            "List-Unsubscribe=One-Click".into(),
        ),
    ];
    let built = text(&Mail { headers, ..mail() });
    assert!(
        built.contains(&format!("List-Unsubscribe: {link}\r\n")),
        "on one line: folding breaks signatures"
    );
    for own in [
        "To",
        "from",
        "BCC",
        "Content-Type",
        "Auto-Submitted",
        "DKIM-Signature",
        "X Name",
        "X:Y",
        "",
    ] {
        let case = Mail {
            headers: vec![(own.into(), "x".into())],
            ..mail()
        };
        assert!(matches!(build(&case), Err(Refused::Header(_))), "{own}");
    }
}

#[test]
fn ids_and_dates_that_cannot_be_written_are_refused() {
    for id in ["", "x", "@x", "x@", "<x@y>", "x y@z"] {
        let case = Mail {
            message_id: id.into(),
            ..mail()
        };
        assert_eq!(build(&case), Err(Refused::MessageId("message_id")), "{id}");
    }
    let early = Mail {
        date: "1969-12-31T23:59:59Z".parse().unwrap(),
        ..mail()
    };
    assert_eq!(build(&early), Err(Refused::Date));
    let file = Attachment {
        name: "a".into(),
        content_type: "pdf".into(),
        bytes: Vec::new(),
    };
    let typeless = Mail {
        attachments: vec![file],
        ..mail()
    };
    assert_eq!(
        build(&typeless),
        Err(Refused::ContentType("attachments.content_type"))
    );
}

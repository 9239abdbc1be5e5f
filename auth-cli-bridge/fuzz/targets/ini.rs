#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| auth_cli_bridge::fuzz::ini(text));

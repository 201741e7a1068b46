//! A recorded conversation: what is read from one, written and read again, is the same.

#![no_main]

use drivers::conversation::Conversation;
use libfuzzer_sys::fuzz_target;
use qingke_fuzz::memory;

#[global_allocator]
static COUNTING: memory::Counting = memory::Counting;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    memory::bounded(bytes.len(), || {
        if let Ok(conversation) = text.parse::<Conversation>() {
            assert_eq!(conversation.to_string().parse::<Conversation>(), Ok(conversation));
        }
    });
});

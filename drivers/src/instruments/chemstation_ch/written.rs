//! A small writer of `.ch` and `.uv` files for the tests: only what a reader looks at, at the places of the format.

/// A header of the new generation (texts in UTF-16) with `data` after it.
pub struct Written {
    pub version: &'static str,
    pub kind: &'static str,
    /// Milliseconds.
    pub times: (f32, f32),
    pub data: Vec<u8>,
    /// How many spectra the header declares.
    pub declared: u32,
}

impl Written {
    pub fn signal(version: &'static str, times: (f32, f32), data: Vec<u8>) -> Self {
        Self { version, kind: "GC DATA FILE", times, data, declared: 0 }
    }

    pub fn bytes(&self) -> Vec<u8> {
        let spectra = self.version == "131";
        let blocks: usize = if spectra { 8 } else { 12 };
        let mut file = vec![0u8; blocks * 512];
        let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, &[self.version.len() as u8]);
        put(1, self.version.as_bytes());
        put(278, &self.declared.to_be_bytes());
        put(264, &(blocks as u32 + 1).to_be_bytes());
        if self.version == "130" {
            put(282, &(self.times.0 as i32).to_be_bytes());
            put(286, &(self.times.1 as i32).to_be_bytes());
        } else {
            put(282, &self.times.0.to_be_bytes());
            put(286, &self.times.1.to_be_bytes());
        }
        for (at, text) in [
            (347, self.kind),
            (858, "青稞 26-041"),
            (2391, "02-Mar-26, 14:30:00"),
            (2492, "G1315A"),
            (if spectra { 3093 } else { 4172 }, "mAU"),
            (if spectra { 3136 } else { 4213 }, "DAD1 A, Sig=254,4 Ref=off"),
        ] {
            let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            put(at, &[(units.len() / 2) as u8]);
            put(at + 1, &units);
        }
        if !spectra {
            put(3802, &[3]);
            put(3803, b"R\0e\0v\0");
            // A point every 1/5 s.
            put(4122, &[0, 1, 0, 5]);
        }
        put(if spectra { 3085 } else { 4732 }, &0.5f64.to_be_bytes());
        file.extend(&self.data);
        file
    }
}

/// One spectrum from 200 nm on in steps of 2 nm.
pub fn spectrum(time: u32, values: &[u8], count: u16) -> Vec<u8> {
    let mut bytes = vec![0x43, 0];
    bytes.extend((22 + values.len() as u16).to_le_bytes());
    bytes.extend(time.to_le_bytes());
    for number in [4000, 4000 + 40 * (count - 1), 40, 80, 4, 400, 0] {
        bytes.extend(u16::to_le_bytes(number));
    }
    bytes.extend(values);
    bytes
}

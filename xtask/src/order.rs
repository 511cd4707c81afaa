//! In which order the functions of a module stand.
//!
//! It means nothing to who runs the module, and something to who compresses it: gzip looks back 32 KiB, and what reads
//! alike is small only where it stands together. wasm-bindgen writes functions by their size.

use std::collections::{HashMap, VecDeque};

use anyhow::{Context, Result};
use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{CodeSection, FunctionSection, Module};
use wasmparser::{CodeSectionReader, FunctionBody, FunctionSectionReader, Parser, Payload};

use crate::moves;
use crate::wasm_module;

/// How far back functions are compared (bytes), and how much of a stretch's worth it is that it stands there. gzip looks
/// back 32 KiB, and writes nearer distances with fewer bits.
const WINDOWS: [(usize, f64); 3] = [(30_000, 0.6), (8_000, 0.2), (2_000, 0.2)];
/// What is compared: all stretches of so many bytes. Shorter ones gzip would not copy with much gain.
const STRETCH: usize = 6;
/// A stretch that more functions have than this is near everywhere.
const COMMON: usize = 200;
/// Counted with a function's length, so that the shortest do not all come first (bytes).
const OVERHEAD: usize = 20;

/// The same module with its functions in the order in which they compress well.
pub fn for_compression(module: &[u8]) -> Result<Vec<u8>> {
    let imported = wasm_module::imported_functions(module)?;
    let mut bodies = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::CodeSectionEntry(body) = payload? {
            bodies.push(body.as_bytes());
        }
    }
    let order = moves::improved(&bodies, alike_together(&bodies));
    let mut places = vec![0; order.len()];
    for (place, function) in (imported..).zip(&order) {
        places[*function] = place;
    }
    let mut ordered = Module::new();
    let mut reorder = Reorder { imported, order, places };
    reorder.parse_core_module(&mut ordered, Parser::new(0), module).context("reordering")?;
    Ok(ordered.finish())
}

/// Indices of the bodies, each behind those of whose bytes it has most.
fn alike_together(bodies: &[&[u8]]) -> Vec<usize> {
    let mut owners: HashMap<&[u8], Vec<usize>> = HashMap::new();
    for (at, body) in bodies.iter().enumerate() {
        for stretch in body.windows(STRETCH) {
            let owners = owners.entry(stretch).or_default();
            if owners.last() != Some(&at) {
                owners.push(at);
            }
        }
    }
    // A stretch that few share says more than one that many do.
    let worth = |owners: &[usize]| match owners.len() {
        2..COMMON => (owners.len() as f64).powf(-0.5),
        _ => 0.0,
    };
    let mut gain = vec![0.0; bodies.len()];
    let mut windows =
        WINDOWS.map(|(bytes_most, share)| Window { bytes_most, share, ..Window::default() });
    let mut left: Vec<usize> = (0..bodies.len()).collect();
    let mut order = Vec::with_capacity(bodies.len());
    while !left.is_empty() {
        let score = |at: usize| gain[at] / (bodies[at].len() + OVERHEAD) as f64;
        let (place, next) = left
            .iter()
            .copied()
            .enumerate()
            .max_by(|(_, a), (_, b)| score(*a).total_cmp(&score(*b)).then(b.cmp(a)))
            .expect("something is left");
        left.remove(place);
        order.push(next);
        for window in &mut windows {
            window.push(bodies, next, &mut |stretch, share| {
                let owners = &owners[stretch];
                owners.iter().for_each(|at| gain[*at] += worth(owners) * share);
            });
        }
    }
    order
}

/// The last functions of an order.
#[derive(Default)]
struct Window<'a> {
    bytes_most: usize,
    /// How much of a stretch's worth it is that it stands here.
    share: f64,
    functions: VecDeque<usize>,
    bytes: usize,
    /// How often each stretch stands here.
    seen: HashMap<&'a [u8], usize>,
}

impl<'a> Window<'a> {
    /// One more function. Told are stretches that stand here now, and with a negative share those that do no longer.
    fn push(&mut self, bodies: &[&'a [u8]], function: usize, tell: &mut impl FnMut(&[u8], f64)) {
        self.functions.push_back(function);
        self.bytes += bodies[function].len();
        for stretch in bodies[function].windows(STRETCH) {
            let count = self.seen.entry(stretch).or_default();
            *count += 1;
            if *count == 1 {
                tell(stretch, self.share);
            }
        }
        while self.bytes > self.bytes_most && self.functions.len() > 1 {
            let first = self.functions.pop_front().expect("more than one");
            self.bytes -= bodies[first].len();
            for stretch in bodies[first].windows(STRETCH) {
                let count = self.seen.get_mut(stretch).expect("it was seen");
                *count -= 1;
                if *count == 0 {
                    tell(stretch, -self.share);
                }
            }
        }
    }
}

/// Writes a module down again, its functions in another order.
struct Reorder {
    /// Functions that come from outside: their indices stay.
    imported: u32,
    /// At each place, which of the module's own functions stands there.
    order: Vec<usize>,
    /// The new index of each of the module's own functions.
    places: Vec<u32>,
}

impl Reencode for Reorder {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, index: u32) -> Result<u32, Error<Self::Error>> {
        Ok(match index.checked_sub(self.imported) {
            Some(own) => self.places[own as usize],
            None => index,
        })
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        let types = section.into_iter().collect::<Result<Vec<u32>, _>>()?;
        for at in &self.order {
            functions.function(types[*at]);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        let bodies = section.into_iter().collect::<Result<Vec<FunctionBody<'_>>, _>>()?;
        for at in self.order.clone() {
            self.parse_function_body(code, bodies[at].clone())?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use wasm_encoder::{ExportKind, ExportSection, Function, TypeSection};
    use wasmparser::{ExternalKind, Operator, Validator};

    /// Functions `one`, `other`, `alike`: the last has the first's code, and the second calls both.
    fn module() -> Vec<u8> {
        let long = |last: i32| {
            let mut body = Function::new([]);
            (0..40).chain([last]).for_each(|number| {
                body.instructions().i32_const(number * 1000).drop();
            });
            body.instructions().end();
            body
        };
        let mut other = Function::new([]);
        other.instructions().call(0).call(2).call(2).end();
        let (mut types, mut functions) = (TypeSection::new(), FunctionSection::new());
        types.ty().function([], []);
        let (mut exports, mut code) = (ExportSection::new(), CodeSection::new());
        for (index, (name, body)) in
            [("one", long(1)), ("other", other), ("alike", long(2))].into_iter().enumerate()
        {
            functions.function(0);
            exports.export(name, ExportKind::Func, index as u32);
            code.function(&body);
        }
        let mut module = Module::new();
        module.section(&types).section(&functions).section(&exports).section(&code);
        module.finish()
    }

    /// For each exported function its index, what it calls, and the length of its body.
    fn functions(module: &[u8]) -> Vec<(String, u32, Vec<u32>, usize)> {
        let (mut exported, mut bodies) = (Vec::new(), Vec::new());
        for payload in Parser::new(0).parse_all(module) {
            match payload.unwrap() {
                Payload::ExportSection(exports) => {
                    exported.extend(exports.into_iter().map(|export| {
                        let export = export.unwrap();
                        assert_eq!(export.kind, ExternalKind::Func);
                        (export.name.to_owned(), export.index)
                    }))
                }
                Payload::CodeSectionEntry(body) => bodies.push(body),
                _ => {}
            }
        }
        let called = |body: &FunctionBody<'_>| {
            let operators = body.get_operators_reader().unwrap().into_iter();
            let called = operators.filter_map(|operator| match operator.unwrap() {
                Operator::Call { function_index } => Some(function_index),
                _ => None,
            });
            called.collect()
        };
        let described = exported.into_iter().map(|(name, index)| {
            let body = &bodies[index as usize];
            (name, index, called(body), body.as_bytes().len())
        });
        described.collect()
    }

    #[test]
    fn what_reads_alike_stands_together_and_is_called_as_before() {
        let before = module();
        let after = for_compression(&before).unwrap();
        Validator::new().validate_all(&after).unwrap();
        let [(_, one, _, long), (_, _, called, short), (_, alike, _, as_long)] =
            &functions(&after)[..]
        else {
            panic!("three functions are exported")
        };
        assert_eq!(one.abs_diff(*alike), 1, "they stand together");
        assert_eq!(called, &[*one, *alike, *alike]);
        let lengths: Vec<usize> =
            functions(&before).into_iter().map(|(.., length)| length).collect();
        assert_eq!([*long, *short, *as_long], lengths[..]);
        assert_eq!(for_compression(&before).unwrap(), after, "the same each time");
    }
}

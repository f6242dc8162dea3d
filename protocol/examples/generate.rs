//! Writes the generated TypeScript to standard output.

fn main() {
    print!("{}", protocol::typescript::generate());
}

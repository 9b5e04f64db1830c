fn main() {
    let args: Vec<_> = std::env::args().collect();
    let t = std::time::Instant::now();
    let s = proxy_filter_specialize::Specializer::new(std::fs::read(&args[1]).unwrap()).unwrap();
    eprintln!("compiled {:?}", t.elapsed());
    let t = std::time::Instant::now();
    match s.specialize(args[2].as_bytes()) {
        Ok(bytes) => {
            println!("{} bytes {:?}", bytes.len(), t.elapsed());
            std::fs::write(&args[3], bytes).unwrap();
        }
        Err(e) => println!("error: {e:#}"),
    }
}

from metabang.cli import main

main()

import sys

from metabang.cncc import main

sys.exit(main())

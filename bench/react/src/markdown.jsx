import { marked } from "marked";
import { memo, useMemo } from "react";
import ReactMarkdown from "react-markdown";
import rehypeHighlight from "rehype-highlight";
import remarkGfm from "remark-gfm";

const remark = [remarkGfm];
const rehype = [rehypeHighlight];

export function PlainMarkdown({ children }) {
  return (
    <ReactMarkdown remarkPlugins={remark} rehypePlugins={rehype}>
      {children}
    </ReactMarkdown>
  );
}

const Block = memo(PlainMarkdown);

/** From "Markdown Chatbot with Memoization" in the cookbook of the AI SDK. */
export function MemoizedMarkdown({ children, id }) {
  const blocks = useMemo(() => marked.lexer(children).map((token) => token.raw), [children]);
  return blocks.map((block, index) => <Block key={`${id}-${index}`}>{block}</Block>);
}

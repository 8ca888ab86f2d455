// Figures as people type them, in either digits; the server reads them again and decides.
const METRES = /^-?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?$/;

function latin(text: string): string {
  return text.replace(/[٠-٩]/g, (d) => String(d.charCodeAt(0) - 0x660)).replace(/[۰-۹]/g, (d) => String(d.charCodeAt(0) - 0x6f0));
}

// A coordinate in metres; null where the text is none.
export function metresOf(text: string): number | null {
  const plain = latin(text).replace("٫", ".").replaceAll("٬", ",").trim();
  return METRES.test(plain) ? Number(plain.replaceAll(",", "")) : null;
}

/* How hard a text is to read: the same formula as conditions/readability.py, which tests hold it to. */
(function (root) {
  "use strict";

  const BLOCK = /\n\s*\n|\n(?=\s*(?:[-*] |#))|\n(?=\s*\d+\. )/u;
  const STOP = /[.!?]+(?=\s|$|["”’)])/u;
  const WORD = /[\p{L}\p{N}]+(?:['’.-][\p{L}\p{N}]+)*/gu;
  const PART = /[a-zà-ÿ]+/g;
  const VOWELS = /[aeiouyà-öø-ÿ]+/g;
  const SHORT = /['’](?:s|d|ll|re|ve|m)$|['’]$/;
  const INNER_E = new RegExp(
    "(?<=[^aeiouy])e(?=(?:ly|less|ful|ment|ness)(?:ly|s)?$)" +
      "|(?<=[aeiouy][^aeiouylhr])e(?=(?:line|time|thing|where|body|side|place|like|work|way|one)s?$)",
    "g",
  );
  const FINAL_E = new RegExp(
    "(?<=[aeiouy]ll)ed$|(?<=rl)ed$|(?<=ng)ue$|(?<=i[gq])ue$" +
      "|(?<=[^aeiouytdl])ed$|(?<=[aeiouy]l)ed$" +
      "|(?<=[^aeiouycgsxzl])(?<!sh)(?<!ch)es$|(?<=[aeiouy]l)es$" +
      "|(?<=[^aeiouyl])e$|(?<=[aeiouy]l)e$",
    "g",
  );
  const APART = new RegExp(
    "i[ao](?!n|us)|(?<![ctsgxl])i(?:an|on)|[^gq]uity|ie(?:t|nt|nc)|[aeouy]ing|eo(?!u|ple|n)|eum" +
      "|iu[ms]|(?<!q)ua[lrt]|uou|creat|oe[mv]|rea[cl]t|ya(?!w)|ism",
    "g",
  );

  const count = (text, pattern) => (text.match(pattern) || []).length;

  function plain(text) {
    return text
      .replace(/\[@([a-z0-9-]+)\]/g, "")
      .replace(/[*_`#>]|^- /gm, "")
      .replace(/\s+/g, " ")
      .trim();
  }

  function blocks(text) {
    return text.split(BLOCK).map((block) => block.trim()).filter(Boolean);
  }

  function syllablesOfPart(part) {
    let spoken = part.replace(INNER_E, "");
    const without = spoken.replace(FINAL_E, "");
    if (count(without, VOWELS)) {
      spoken = without;
    }
    return count(spoken, VOWELS) + count(spoken, APART);
  }

  function syllables(word) {
    const parts = word.toLowerCase().replace(SHORT, "").match(PART) || [];
    return Math.max(1, parts.reduce((sum, part) => sum + syllablesOfPart(part), 0));
  }

  /* The grade of texts read one after the other; zero if they are empty. */
  function grade(...texts) {
    let words = 0;
    let sentences = 0;
    let spoken = 0;
    for (const text of texts) {
      for (const block of blocks(text.replace(/\r\n?/g, "\n"))) {
        for (const sentence of plain(block).split(STOP)) {
          const found = sentence.match(WORD) || [];
          words += found.length;
          sentences += found.length ? 1 : 0;
          spoken += found.reduce((sum, word) => sum + syllables(word), 0);
        }
      }
    }
    return words ? Math.max(0, (0.39 * words) / sentences + (11.8 * spoken) / words - 15.59) : 0;
  }

  root.readingGrade = grade;
})(globalThis);
